//! The page that turns an authenticator app on, and its removal.

use actix_web::{HttpResponse, web::Data};
use askama::Template;

use super::{
    answers, overview,
    qr::{self, QrPath},
    revocation_choices::{self, OTHER_SESSIONS},
};
use crate::{
    app_state::AppState,
    crypto::secret::SecretString,
    error::{Error, Result},
    factors::{self, Code, Enrolment, RevocableCounts, RevocationChoice, TotpSecret},
    http::{
        address::Address,
        auth::BrowserUser,
        extract::form_key::{form_key, new_form_key},
        middleware::body::{Form, Query},
        pages::relying_party,
        paths,
        response::{
            field_texts::FieldTexts,
            html::{self, Layout, see_other},
        },
        return_to::ReturnTo,
    },
    sessions::SessionSecret,
    types::message::notice,
};

/// The number of characters of a group of the secret.
const GROUP: usize = 4;

#[derive(Template)]
#[template(path = "security/totp.html")]
struct TotpPage {
    layout: Layout,
    qr: QrPath,
    /// The secret in groups, for people who type it.
    secret: SecretString,
    /// The `otpauth://` address.
    address: SecretString,
    revocable: RevocableCounts,
    revocation: RevocationChoice,
    /// Whether the settings require a factor and the user has none.
    is_required: bool,
    /// The host name of passkeys. `None`: the settings allow none.
    relying_party: Option<String>,
    /// The path of the confirmation that a passkey needs.
    confirm: String,
    /// The page that needs the factor.
    next: Option<ReturnTo>,
    errors: FieldTexts,
    form_key: String,
}

impl TotpPage {
    async fn new(
        user: &BrowserUser,
        secret: &TotpSecret,
        revocation: RevocationChoice,
        next: Option<ReturnTo>,
        errors: FieldTexts,
    ) -> Result<Self> {
        let (state, account) = (&user.state, user.principal.user());
        let issuer = &state.settings().branding.app_name;
        let address = secret.address(issuer, &account.email)?;
        let session = user.principal.credential().id;
        let is_required = state.settings().requires_second_factor()
            && !factors::summary(state, account.id)
                .await?
                .has_second_factor();
        let here = ReturnTo::append_to(user.address(paths::TOTP).as_str(), next.as_ref());
        Ok(Self {
            layout: user.layout(),
            qr: qr::draw(address.expose())?,
            secret: in_groups(&secret.base32()?),
            address,
            revocable: RevocableCounts::of(state, account.id, session).await?,
            revocation,
            is_required,
            relying_party: relying_party(state),
            confirm: paths::with_next(paths::CONFIRM, &here),
            next,
            errors,
            form_key: new_form_key(state)?,
        })
    }
}

fn in_groups(secret: &SecretString) -> SecretString {
    let characters: Vec<char> = secret.expose().chars().collect();
    let groups = characters.chunks(GROUP).map(String::from_iter);
    SecretString::new(groups.collect::<Vec<_>>().join(" "))
}

/// Returns the page with the secret that the session's app is to share.
async fn page(
    user: &BrowserUser,
    revocation: RevocationChoice,
    next: Option<ReturnTo>,
    errors: FieldTexts,
) -> Result<Option<TotpPage>> {
    let confirmed = user.confirmed(|| ReturnTo::append_to(paths::TOTP, next.as_ref()))?;
    match factors::begin_enrolment(&user.state, confirmed).await? {
        Enrolment::Shown(secret) => TotpPage::new(user, &secret, revocation, next, errors)
            .await
            .map(Some),
        Enrolment::AlreadyOn => Ok(None),
    }
}

/// `GET /account/security/totp`
pub async fn form(user: BrowserUser, mut query: Query) -> Result<HttpResponse> {
    let next = ReturnTo::take(&mut query.0, user.state.settings());
    let revocation = match user.draft(paths::TOTP) {
        Some(mut typed) => revocation_choices::take(&mut typed, RevocationChoice::default()),
        None => RevocationChoice::default(),
    };
    match page(&user, revocation, next, FieldTexts::default()).await? {
        Some(page) => html::ok(&page),
        None => user.redirect(paths::SECURITY, &notice::factor_already_on()),
    }
}

/// `POST /account/security/totp`
pub async fn turn_on(user: BrowserUser, form: Form) -> Result<HttpResponse> {
    let mut fields = form.0;
    let next = ReturnTo::take(&mut fields, user.state.settings());
    let confirmed = user.confirmed(|| ReturnTo::append_to(paths::TOTP, next.as_ref()))?;
    let code = fields.read("code", Code::parse);
    let key = form_key(&fields.text("form_key"));
    let revocation = revocation_choices::take(&mut fields, RevocationChoice::default());
    let turned_on = async {
        fields.check()?;
        let code = code.ok_or_else(factors::verify::missing_code)?;
        let secret = SessionSecret::generate(user.state.random())?;
        let digest = secret.digest();
        let turned_on =
            factors::turn_on(&user.state, confirmed, code, revocation, key, digest).await?;
        Ok((turned_on, secret))
    };
    match turned_on.await {
        Ok((turned_on, secret)) => {
            user.cookie.renew(&secret)?;
            let (codes, receipt) = (&turned_on.codes, turned_on.receipt.as_ref());
            answers::added(&user, codes, next, notice::factor_added, receipt)
        }
        Err(Error::Invalid(errors)) => {
            match page(&user, revocation, next, user.field_texts(&errors)).await? {
                Some(page) => html::unprocessable(&page),
                None => user.redirect(paths::SECURITY, &notice::factor_already_on()),
            }
        }
        Err(other) => Err(other),
    }
}

/// `GET` of an address that accepts forms only.
pub async fn to_security(state: Data<AppState>) -> HttpResponse {
    see_other(&Address::of(state.mount(), paths::SECURITY))
}

/// `POST /account/security/totp/remove`
pub async fn remove(user: BrowserUser, form: Form) -> Result<HttpResponse> {
    let mut fields = form.0;
    let revocation = revocation_choices::take(&mut fields, OTHER_SESSIONS);
    let (state, caller) = (&user.state, &user.principal);
    let removed = async {
        fields.check()?;
        answers::remove(
            &user,
            paths::SECURITY,
            notice::factor_removed,
            async |renewed| factors::remove(state, caller, revocation, renewed).await,
        )
        .await
    };
    match removed.await {
        Err(Error::Invalid(errors)) => {
            html::unprocessable(&overview::page(&user, user.field_texts(&errors)).await?)
        }
        other => other,
    }
}
