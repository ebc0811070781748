//! Making a token: the form, and the page that shows the secret once.

use actix_web::HttpResponse;
use askama::Template;

use super::{
    abilities::{AbilityBox, boxes},
    made,
};
use crate::{
    callers::SignedIn,
    error::{Error, Result},
    fields::{FieldErrors, Fields},
    kit::{clock::Timestamp, duration, words},
    name::Name,
    tokens::{NewToken, issue, made_by_form},
    urls,
    web::{
        body::{Form, Query},
        form_key::{form_key, new_form_key},
        page::{self, Frame},
    },
};

/// The lives that the form offers, and the one that is chosen until somebody chooses another.
const LIVES: [&str; 4] = ["7d", "30d", "90d", "365d"];
const USUAL_LIFE: &str = "90d";

#[derive(Template)]
#[template(path = "tokens/new.html")]
struct NewTokenPage {
    frame: Frame,
    name: String,
    abilities: Vec<AbilityBox>,
    lives: Vec<(&'static str, String)>,
    never: bool,
    expires: String,
    expires_on: String,
    form_key: String,
    errors: FieldErrors,
}

/// What was typed into the form.
struct Typed {
    name: String,
    abilities: Vec<String>,
    expires: String,
    expires_on: String,
    form_key: String,
}

impl Typed {
    fn take(fields: &mut Fields) -> Self {
        Self {
            name: fields.text("name"),
            abilities: fields.many("abilities"),
            expires: fields.text("expires"),
            expires_on: fields.text("expires_on"),
            form_key: fields.text("form_key"),
        }
    }

    /// The form's address with all that was typed, for coming back to it.
    fn address(&self) -> String {
        let mut query = vec![("name", &*self.name)];
        query.extend(
            self.abilities
                .iter()
                .map(|ability| ("abilities", &**ability)),
        );
        query.push(("expires", &self.expires));
        query.push(("expires_on", &self.expires_on));
        query.retain(|(_, value)| !value.is_empty());
        urls::with_query(urls::TOKEN_NEW, &query)
    }

    fn form(self, here: &SignedIn, errors: FieldErrors) -> Result<NewTokenPage> {
        let context = &here.context;
        let most = context.settings.token_max_age;
        let lives: Vec<(&str, String)> = LIVES
            .into_iter()
            .filter_map(|life| Some((life, duration::parse(life)?)))
            .filter(|(_, life)| most.is_none_or(|most| *life <= most))
            .map(|(name, life)| (name, words::length(life)))
            .collect();
        // The usual life where it is offered, else the longest that is.
        let offered = |wanted| {
            lives
                .iter()
                .map(|(name, _)| *name)
                .find(|name| *name == wanted)
        };
        let longest = lives.last().map(|(name, _)| *name);
        let usual = offered(USUAL_LIFE).or(longest).unwrap_or("on");
        Ok(NewTokenPage {
            frame: here.frame(),
            abilities: boxes(context, &self.abilities),
            lives,
            never: most.is_none(),
            name: self.name,
            expires: if self.expires.is_empty() {
                usual.to_owned()
            } else {
                self.expires
            },
            expires_on: self.expires_on,
            form_key: new_form_key(context)?,
            errors,
        })
    }

    fn read(&self, here: &SignedIn, mut errors: FieldErrors) -> Result<NewToken, FieldErrors> {
        let context = &here.context;
        let name = errors.take("name", Name::parse(&self.name));
        let abilities = errors.take(
            "abilities",
            context.settings.catalogue.parse(&self.abilities),
        );
        let expiry = self.expiry(context.now()).map_err(str::to_owned);
        let expiry = expiry.and_then(|at| NewToken::within_the_operators_bound(context, at));
        let expires_at = errors.take("expires", expiry);
        NewToken::of(errors, name, abilities, expires_at)
    }

    /// `7d` and the like, `never` (as is nothing at all), a date, or `on` with the date beside it.
    fn expiry(&self, now: Timestamp) -> Result<Option<Timestamp>, &'static str> {
        const WHAT_WOULD_DO: &str = "Choose a length of time, a date such as 2026-12-31, or never.";
        let text = if self.expires == "on" {
            &self.expires_on
        } else {
            &self.expires
        };
        match &**text {
            "never" => Ok(None),
            "" if self.expires.is_empty() => Ok(None),
            "" => Err("Choose the date."),
            text => duration::parse(text)
                .map(|life| now.plus(life))
                .or_else(|| Timestamp::parse(text))
                .map(Some)
                .ok_or(WHAT_WOULD_DO),
        }
    }
}

/// `GET /account/tokens/new`
pub async fn form(here: SignedIn, mut query: Query) -> Result<HttpResponse> {
    let typed = Typed::take(&mut query.0);
    here.confirmed(|| typed.address())?;
    page::ok(&typed.form(&here, FieldErrors::default())?)
}

/// `POST /account/tokens`
pub async fn create(here: SignedIn, form: Form) -> Result<HttpResponse> {
    let mut fields = form.0;
    let typed = Typed::take(&mut fields);
    let errors = std::mem::take(fields.errors());
    let confirmed = here.confirmed(|| typed.address())?;
    let new = match typed.read(&here, errors) {
        Ok(new) => new,
        Err(errors) => return page::unprocessable(&typed.form(&here, errors)?),
    };
    match issue(&here.context, confirmed, new, form_key(&typed.form_key)).await {
        Ok(issued) => made::show(&here, issued, made::Why::Made).await,
        Err(Error::FormSentTwice) => already_made(&here, &typed).await,
        Err(other) => Err(other),
    }
}

/// A reload of the page that showed the secret sends the form again: it makes no second token.
async fn already_made(here: &SignedIn, typed: &Typed) -> Result<HttpResponse> {
    let key = form_key(&typed.form_key).ok_or(Error::NotFound)?;
    let token = made_by_form(&here.context, here.caller.user.id, key).await?;
    here.go(
        &urls::token(token.id),
        "This token is made already. Its secret was shown once and cannot be shown again.",
    )
}
