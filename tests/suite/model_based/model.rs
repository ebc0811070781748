//! What ought to be, in as few words as there are: who has which passes, and which of them lets in.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::client::Browser;

/// The two limits of a session, as they are without settings.
const IDLE: Duration = Duration::from_secs(2 * 3600);
const MAX: Duration = Duration::from_secs(12 * 3600);

/// One person, and everything that ever could get in as her.
#[derive(Default)]
pub struct Model {
    /// Since the beginning.
    pub now: Duration,
    pub disabled: bool,
    pub credentials: Vec<Credential>,
    pub passes: Vec<Pass>,
}

/// A session or a token.
pub struct Credential {
    pub id: String,
    pub kind: &'static str,
    pub abilities: Vec<&'static str>,
    pub made_by: Option<String>,
    pub expires_at: Option<Duration>,
    pub last_used: Duration,
    pub paused: bool,
    pub ended: bool,
    /// The browser, of a session.
    pub browser: Option<Browser>,
}

/// One secret of a credential.
pub struct Pass {
    /// Which credential.
    pub of: usize,
    /// A token's secret, or the value of a cookie.
    pub secret: String,
    /// Until when it is good, once there is a newer one.
    pub until: Option<Duration>,
}

impl Model {
    /// Whether the credential still is one; it may be paused.
    pub fn is_live(&self, of: usize) -> bool {
        let credential = &self.credentials[of];
        let is_idle = credential.is_session() && self.now >= credential.last_used + IDLE;
        !credential.ended && !is_idle && credential.expires_at.is_none_or(|end| self.now < end)
    }

    /// Whether the secret lets its bearer in.
    pub fn lets_in(&self, pass: &Pass) -> bool {
        let is_new = pass.until.is_none_or(|until| self.now < until);
        is_new && self.is_live(pass.of) && !self.credentials[pass.of].paused && !self.disabled
    }

    /// Whether it will never let anybody in again.
    pub fn is_over(&self, pass: &Pass) -> bool {
        !self.is_live(pass.of) || pass.until.is_some_and(|until| until <= self.now)
    }

    /// Whether whoever has its newest secret gets in.
    pub fn admits(&self, of: usize) -> bool {
        let newest = self.passes.iter().rfind(|pass| pass.of == of);
        newest.is_some_and(|pass| self.lets_in(pass))
    }

    /// Whatever lets in has just done so.
    pub fn all_were_used(&mut self) {
        let good = self.passes.iter().filter(|pass| self.lets_in(pass));
        for of in good.map(|pass| pass.of).collect::<Vec<_>>() {
            self.credentials[of].last_used = self.now;
        }
    }

    pub fn sessions(&self) -> Vec<usize> {
        self.those(Credential::is_session)
    }

    /// The tokens that can still be changed.
    pub fn tokens(&self) -> Vec<usize> {
        let mut tokens = self.those(|credential| !credential.is_session());
        tokens.retain(|token| self.is_live(*token));
        tokens
    }

    fn those(&self, such: impl Fn(&Credential) -> bool) -> Vec<usize> {
        let all = 0..self.credentials.len();
        all.filter(|of| such(&self.credentials[*of])).collect()
    }

    pub fn signed_in(&mut self, id: String, kind: &'static str, cookie: String, browser: Browser) {
        self.made(
            cookie,
            Credential {
                id,
                kind,
                abilities: vec!["*"],
                made_by: None,
                expires_at: Some(self.now + MAX),
                last_used: self.now,
                paused: false,
                ended: false,
                browser: Some(browser),
            },
        );
    }

    pub fn made_token(
        &mut self,
        id: String,
        secret: String,
        abilities: Vec<&'static str>,
        made_by: usize,
        life: Option<Duration>,
    ) {
        self.made(
            secret,
            Credential {
                id,
                kind: "personal",
                abilities,
                made_by: Some(self.credentials[made_by].id.clone()),
                expires_at: life.map(|life| self.now + life),
                last_used: self.now,
                paused: false,
                ended: false,
                browser: None,
            },
        );
    }

    fn made(&mut self, secret: String, credential: Credential) {
        let of = self.credentials.len();
        self.credentials.push(credential);
        self.has_new_secret(of, secret, Duration::ZERO);
    }

    /// The secrets before it are good for `overlap` more, none for longer than it was.
    pub fn has_new_secret(&mut self, of: usize, secret: String, overlap: Duration) {
        let end = self.now + overlap;
        for pass in self.passes.iter_mut().filter(|pass| pass.of == of) {
            pass.until = Some(pass.until.map_or(end, |until| until.min(end)));
        }
        let until = None;
        self.passes.push(Pass { of, secret, until });
    }

    /// Ends what is selected, also what is over and was not ended; gives the ids, in order.
    pub fn end(&mut self, which: &Which, by: usize) -> Vec<String> {
        let maker = self.credentials[by].id.clone();
        // Whoever made something was there before it.
        let mut makers = vec![maker.clone()];
        for credential in &self.credentials {
            if let Some(made_by) = &credential.made_by
                && makers.contains(made_by)
            {
                makers.push(credential.id.clone());
            }
        }
        let selected = |of: &usize| {
            let credential = &self.credentials[*of];
            !credential.ended && which.names(credential, &maker, &makers)
        };
        let all = 0..self.credentials.len();
        let selected: Vec<usize> = all.filter(selected).collect();
        let mut ids = Vec::new();
        for of in selected {
            self.credentials[of].ended = true;
            ids.push(self.credentials[of].id.clone());
        }
        ids.sort();
        ids
    }
}

impl Credential {
    pub fn is_session(&self) -> bool {
        self.kind != "personal"
    }

    /// What a request with it may do.
    pub fn may(&self, ability: &str) -> bool {
        self.abilities
            .iter()
            .any(|own| [ability, "*"].contains(own))
    }
}

/// A selection, of which "by" is whoever ends.
#[derive(Clone, Debug)]
pub enum Which {
    Everything,
    Sessions,
    Tokens,
    Mobile,
    Others,
    OtherSessions,
    MadeBy,
    MayWriteOrders,
}

impl Which {
    pub const ALL: [Self; 8] = [
        Self::Everything,
        Self::Sessions,
        Self::Tokens,
        Self::Mobile,
        Self::Others,
        Self::OtherSessions,
        Self::MadeBy,
        Self::MayWriteOrders,
    ];

    pub fn as_json(&self, by: &str) -> Value {
        match self {
            Self::Everything => json!({}),
            Self::Sessions => json!({"class": "session"}),
            Self::Tokens => json!({"class": "token"}),
            Self::Mobile => json!({"kind": "mobile"}),
            Self::Others => json!({"except": "current"}),
            Self::OtherSessions => json!({"class": "session", "except": "current"}),
            Self::MadeBy => json!({ "made_by": by }),
            Self::MayWriteOrders => json!({"class": "token", "ability": "orders:write"}),
        }
    }

    fn names(&self, credential: &Credential, by: &str, makers: &[String]) -> bool {
        let is_by = credential.id == by;
        match self {
            Self::Everything => true,
            Self::Sessions => credential.is_session(),
            Self::Tokens => !credential.is_session(),
            Self::Mobile => credential.kind == "mobile",
            Self::Others => !is_by,
            Self::OtherSessions => credential.is_session() && !is_by,
            Self::MadeBy => {
                let made_by = credential.made_by.as_ref();
                made_by.is_some_and(|made_by| makers.contains(made_by))
            }
            Self::MayWriteOrders => !credential.is_session() && credential.may("orders:write"),
        }
    }
}
