//! The expected behaviour: the credentials of a user, and which of their secrets the server must
//! accept.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::client::Browser;

/// The default limits of a session.
const IDLE: Duration = Duration::from_secs(2 * 3600);
const MAX: Duration = Duration::from_secs(12 * 3600);

/// One user with all credentials that ever existed.
#[derive(Default)]
pub struct Model {
    /// The time since the start.
    pub now: Duration,
    pub disabled: bool,
    pub credentials: Vec<Credential>,
    pub secrets: Vec<IssuedSecret>,
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
    /// The browser, for a session.
    pub browser: Option<Browser>,
}

/// One secret of a credential.
pub struct IssuedSecret {
    /// The index of the credential.
    pub index: usize,
    /// The secret of a token, or the value of a cookie.
    pub secret: String,
    /// The end of its validity, if there is a newer secret.
    pub until: Option<Duration>,
}

impl Model {
    /// Returns whether the credential is active. It may be paused.
    pub fn is_active(&self, index: usize) -> bool {
        let credential = &self.credentials[index];
        let is_idle = credential.is_session() && self.now >= credential.last_used + IDLE;
        !credential.ended && !is_idle && credential.expires_at.is_none_or(|end| self.now < end)
    }

    /// Returns whether the server must accept the secret.
    pub fn accepts(&self, issued: &IssuedSecret) -> bool {
        let is_new = issued.until.is_none_or(|until| self.now < until);
        is_new
            && self.is_active(issued.index)
            && !self.credentials[issued.index].paused
            && !self.disabled
    }

    /// Returns whether the secret has ended for good.
    pub fn has_ended(&self, issued: &IssuedSecret) -> bool {
        !self.is_active(issued.index) || issued.until.is_some_and(|until| until <= self.now)
    }

    /// Returns whether the server must accept the newest secret of the credential.
    pub fn accepts_newest_of(&self, index: usize) -> bool {
        let newest = self.secrets.iter().rfind(|issued| issued.index == index);
        newest.is_some_and(|issued| self.accepts(issued))
    }

    /// Records a use of every credential with an accepted secret.
    pub fn mark_accepted_as_used(&mut self) {
        let accepted = self.secrets.iter().filter(|issued| self.accepts(issued));
        for index in accepted.map(|issued| issued.index).collect::<Vec<_>>() {
            self.credentials[index].last_used = self.now;
        }
    }

    pub fn sessions(&self) -> Vec<usize> {
        self.indices_where(Credential::is_session)
    }

    /// The tokens that can still be changed.
    pub fn tokens(&self) -> Vec<usize> {
        let mut tokens = self.indices_where(|credential| !credential.is_session());
        tokens.retain(|token| self.is_active(*token));
        tokens
    }

    fn indices_where(&self, predicate: impl Fn(&Credential) -> bool) -> Vec<usize> {
        let all = 0..self.credentials.len();
        all.filter(|index| predicate(&self.credentials[*index]))
            .collect()
    }

    pub fn add_session(
        &mut self,
        id: String,
        kind: &'static str,
        cookie: String,
        browser: Browser,
    ) {
        self.add(
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

    pub fn add_token(
        &mut self,
        id: String,
        secret: String,
        abilities: Vec<&'static str>,
        made_by: usize,
        life: Option<Duration>,
    ) {
        self.add(
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

    fn add(&mut self, secret: String, credential: Credential) {
        let index = self.credentials.len();
        self.credentials.push(credential);
        self.add_secret(index, secret, Duration::ZERO);
    }

    /// Adds a secret. The earlier secrets stay valid for `overlap`, but not longer than before.
    pub fn add_secret(&mut self, index: usize, secret: String, overlap: Duration) {
        let end = self.now + overlap;
        for issued in self
            .secrets
            .iter_mut()
            .filter(|issued| issued.index == index)
        {
            issued.until = Some(issued.until.map_or(end, |until| until.min(end)));
        }
        let until = None;
        self.secrets.push(IssuedSecret {
            index,
            secret,
            until,
        });
    }

    /// Revokes the matching credentials, also expired ones that were not revoked. Returns the IDs
    /// in order.
    pub fn revoke(&mut self, which: &Target, by: usize) -> Vec<String> {
        let maker = self.credentials[by].id.clone();
        // A credential is created after its maker, so that one pass is enough.
        let mut makers = vec![maker.clone()];
        for credential in &self.credentials {
            if let Some(made_by) = &credential.made_by
                && makers.contains(made_by)
            {
                makers.push(credential.id.clone());
            }
        }
        let selected = |index: &usize| {
            let credential = &self.credentials[*index];
            !credential.ended && which.matches(credential, &maker, &makers)
        };
        let all = 0..self.credentials.len();
        let selected: Vec<usize> = all.filter(selected).collect();
        let mut ids = Vec::new();
        for index in selected {
            self.credentials[index].ended = true;
            ids.push(self.credentials[index].id.clone());
        }
        ids.sort();
        ids
    }
}

impl Credential {
    pub fn is_session(&self) -> bool {
        self.kind != "personal"
    }

    /// Returns whether the credential has this ability.
    pub fn may(&self, ability: &str) -> bool {
        self.abilities
            .iter()
            .any(|own| [ability, "*"].contains(own))
    }
}

/// The credentials to revoke. "By" means the credential that revokes.
#[derive(Clone, Debug)]
pub enum Target {
    Everything,
    Sessions,
    Tokens,
    Mobile,
    Others,
    OtherSessions,
    MadeBy,
    MayWriteOrders,
}

impl Target {
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

    fn matches(&self, credential: &Credential, by: &str, makers: &[String]) -> bool {
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
