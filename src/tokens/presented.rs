//! Recognises the secret of a token in the text of a client.

use super::{TokenSecret, foreign};
use crate::{config::ForeignTokens, crypto::digest::Digest, types::secret_form::SecretForm};

/// A text with the form of a token's secret: its digest, and the system that makes such secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PresentedToken {
    /// The digest, as the database has it.
    pub digest: Digest,
    /// The form.
    pub form: SecretForm,
}

/// The way in which a client sends a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenScheme {
    /// `Authorization: Bearer`, or a text without a scheme.
    Bearer,
    /// `Authorization: Token`, the scheme of django-rest-knox and Django REST framework.
    Token,
}

impl PresentedToken {
    /// Parses the secret of a token without a copy of the text. Each place that accepts tokens
    /// calls this function, so all of them accept the same. Returns `None` for a text that no
    /// system makes whose tokens are accepted. Such a text costs no lookup.
    #[must_use]
    pub fn parse(text: &str, scheme: TokenScheme, accepted: &ForeignTokens) -> Option<Self> {
        if scheme == TokenScheme::Bearer
            && let Some(digest) = TokenSecret::digest_of(text)
        {
            let form = SecretForm::Token;
            return Some(Self { digest, form });
        }
        if accepted.is_empty() {
            return None;
        }
        foreign::parse(text, scheme, accepted)
    }
}
