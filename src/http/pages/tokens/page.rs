//! The page of one token: its facts, its forms, the credentials that it created, and its events.

use askama::Template;

use super::{
    abilities::AbilityFields,
    created::EarlierSecret,
    expiry::{ExpiryChoice, ExpiryFields},
    rotate::{DEFAULT_OVERLAP, ROTATION_EXPIRY, RotationForm, overlaps},
    row::TokenRow,
    show::ChangeForm,
};
use crate::{
    credentials::{self, Credential, CredentialFilter, StatusFilter},
    error::Result,
    http::{
        auth::BrowserUser,
        extract::form_key::new_form_key,
        pages::{activity::LatestEvents, credential_row::CredentialRow, revoke::address_from},
        paths,
        response::{
            client_address::Locator,
            components::{Choice, Column, Toast},
            field_texts::FieldTexts,
            html::Layout,
        },
    },
    types::{fields::FieldErrors, ids::CredentialId, message::Message, pagination::Paging},
};

/// The number of created credentials on the page.
const MAX_CREATED: usize = 20;

/// The form that the page shows opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OpenForm {
    Edit,
    Rotate,
}

impl OpenForm {
    /// Returns the form with this name in the query.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "edit" => Some(Self::Edit),
            "rotate" => Some(Self::Rotate),
            _ => None,
        }
    }
}

#[derive(Template)]
#[template(path = "tokens/show.html")]
pub(super) struct TokenPage {
    layout: Layout,
    row: TokenRow,
    /// The credential that created the token, and its page.
    maker: Option<CredentialRow>,
    earlier: Vec<EarlierSecret>,
    open: Option<OpenForm>,
    name: String,
    abilities: AbilityFields,
    expiry: ExpiryFields,
    errors: FieldTexts,
    rotate: String,
    overlaps: Vec<Choice>,
    rotate_expiry: ExpiryFields,
    rotate_errors: FieldTexts,
    form_key: String,
    columns: Vec<Column>,
    created: Vec<CredentialRow>,
    /// The path of all credentials that the token created, if the page leaves some out.
    more_created: Option<String>,
    events: LatestEvents,
}

impl TokenPage {
    pub(super) async fn of(user: &BrowserUser, token: &Credential) -> Result<Self> {
        let layout = user.layout();
        let locator = Locator::new(&user.state, user.language()).await;
        let abilities: Vec<String> = token.abilities.iter().map(ToString::to_string).collect();
        let keep = ExpiryChoice::default;
        let (created, more_created) = created_by(user, &layout, token.id).await?;
        Ok(Self {
            row: TokenRow::new(user, &layout, token),
            maker: maker_of(user, token).await?,
            earlier: EarlierSecret::all(user, token.id).await?,
            open: None,
            name: token.name.clone(),
            abilities: AbilityFields::new(user, &layout, &abilities),
            expiry: ExpiryFields::of_change("expires", user, &layout, token.expires_at, keep()),
            errors: FieldTexts::default(),
            rotate: paths::token_rotate(token.id),
            overlaps: overlaps(&layout, DEFAULT_OVERLAP),
            rotate_expiry: ExpiryFields::of_change(
                ROTATION_EXPIRY,
                user,
                &layout,
                token.expires_at,
                keep(),
            ),
            rotate_errors: FieldTexts::default(),
            form_key: new_form_key(&user.state)?,
            columns: vec![
                Column::Tick,
                Column::Plain(layout.text("tokens-column-name")),
                Column::Plain(layout.text("tokens-column-last-used")),
            ],
            created,
            more_created,
            events: LatestEvents::of(user, &locator, token).await?,
            layout,
        })
    }

    /// Shows a message.
    pub(super) fn with_message(mut self, user: &BrowserUser, message: &Message) -> Self {
        self.layout.message = Some(Toast::new(user.language(), message));
        self
    }

    /// Opens a form.
    pub(super) fn with_open(self, open: Option<OpenForm>) -> Self {
        Self { open, ..self }
    }

    /// Fills in the form that changes the token, and opens it.
    pub(super) fn with_change(
        self,
        user: &BrowserUser,
        token: &Credential,
        typed: ChangeForm,
        errors: &FieldErrors,
    ) -> Self {
        let end = token.expires_at;
        Self {
            open: Some(OpenForm::Edit),
            name: typed.name,
            abilities: AbilityFields::new(user, &self.layout, &typed.abilities),
            expiry: ExpiryFields::of_change("expires", user, &self.layout, end, typed.expiry),
            errors: user.field_texts(errors),
            ..self
        }
    }

    /// Fills in the form that rotates the token, and opens it.
    pub(super) fn with_rotation(
        self,
        user: &BrowserUser,
        token: &Credential,
        typed: RotationForm,
    ) -> Self {
        let end = token.expires_at;
        Self {
            open: Some(OpenForm::Rotate),
            overlaps: overlaps(&self.layout, &typed.overlap),
            rotate_expiry: ExpiryFields::of_change(
                ROTATION_EXPIRY,
                user,
                &self.layout,
                end,
                typed.expiry,
            ),
            rotate_errors: user.field_texts(&typed.errors),
            ..self
        }
    }

    fn is_open(&self, form: OpenForm) -> bool {
        self.open == Some(form)
    }
}

/// Returns the credential that created `token`. `None` if an operator created the token, or the
/// credential is no longer kept.
async fn maker_of(user: &BrowserUser, token: &Credential) -> Result<Option<CredentialRow>> {
    let Some(id) = token.made_by else {
        return Ok(None);
    };
    let filter = CredentialFilter {
        id: vec![id],
        ..CredentialFilter::default()
    };
    let paging = Paging::new(1, None);
    let user_id = user.principal.user().id;
    let found = credentials::list(&user.state, user_id, filter, StatusFilter::All, paging).await?;
    let maker = found.rows.first();
    Ok(maker.map(|maker| CredentialRow::new(user, maker)))
}

/// Returns the active credentials that `token` created, and the path of all if there are more.
async fn created_by(
    user: &BrowserUser,
    layout: &Layout,
    token: CredentialId,
) -> Result<(Vec<CredentialRow>, Option<String>)> {
    let filter = CredentialFilter {
        made_by: vec![token],
        ..CredentialFilter::default()
    };
    let all = address_from(&filter, &layout.address);
    let paging = Paging::new(MAX_CREATED, None);
    let user_id = user.principal.user().id;
    let found =
        credentials::list(&user.state, user_id, filter, StatusFilter::Active, paging).await?;
    Ok((
        CredentialRow::all(user, &found.rows),
        found.next.map(|_| all),
    ))
}
