//! Each kind of credential is revoked by a function of its own, which revokes nothing else.

use narthex::{
    Narthex, Selection, SignOut,
    credentials::{CredentialFilter, StatusFilter, list},
    tokens::{NewToken, create_as_operator},
    types::{
        ability::Abilities,
        credential_kind::CredentialKind,
        ids::{CredentialId, UserId},
        name::Name,
        pagination::Paging,
    },
};

use crate::support::app::TestApp;
use crate::support::user_agents::{CURL, FIREFOX_ON_LINUX, SAFARI_ON_IPAD, SAFARI_ON_IPHONE};

const ADA: &str = "ada@example.com";

/// A user with one credential of each kind.
struct Ada {
    app: TestApp,
    user: UserId,
    /// The library on the database of the app.
    narthex: Narthex,
}

impl Ada {
    async fn with_each_kind() -> Self {
        let app = TestApp::start();
        let ada = app.register(ADA).await;
        for browser in [FIREFOX_ON_LINUX, SAFARI_ON_IPHONE, SAFARI_ON_IPAD, CURL] {
            app.sign_in_with(ADA, browser).await;
        }
        app.token(&ada, "CI", &[]).await;
        app.device(ADA, "laptop").await;
        let user = app.user_id(ADA).await;
        let new = NewToken {
            name: Name::parse("Backup").unwrap(),
            abilities: Abilities::everything(),
            expires_at: None,
        };
        let made = create_as_operator(&app.state, user, CredentialKind::Service, new).await;
        assert!(made.is_ok());
        ada.post("/logout", &[]).await.expect_status(303);
        let narthex = app.library();
        Self { app, user, narthex }
    }

    fn sign_out(&self) -> SignOut<'_> {
        self.narthex.sign_out(self.user)
    }

    async fn active(&self) -> Vec<(CredentialKind, CredentialId)> {
        let (everything, all) = (CredentialFilter::default(), Paging::new(100, None));
        let state = &self.app.state;
        let rows = list(state, self.user, everything, StatusFilter::Active, all).await;
        let rows = rows.unwrap().rows.into_iter();
        rows.map(|credential| (credential.kind, credential.id))
            .collect()
    }

    async fn one(&self, kind: CredentialKind) -> CredentialId {
        let active = self.active().await;
        active.iter().find(|(of, _)| *of == kind).unwrap().1
    }

    /// Revokes the selection. Expects that the credential of this kind is on the receipt and
    /// revoked, and no other is.
    async fn expect_only_revoked(&self, kind: CredentialKind, selection: Selection<'_>) {
        let one = self.one(kind).await;
        assert_eq!(selection.end().await.unwrap().credentials, [one]);
        let active: Vec<CredentialKind> =
            self.active().await.into_iter().map(|(of, _)| of).collect();
        assert_eq!(active.len(), CredentialKind::ALL.len() - 1);
        assert!(!active.contains(&kind));
    }
}

#[tokio::test]
async fn each_kind_has_a_function_that_revokes_it_alone() {
    macro_rules! each {
        ($($kind:ident by $select:ident;)*) => {
            $({
                let ada = Ada::with_each_kind().await;
                ada.expect_only_revoked(CredentialKind::$kind, ada.sign_out().$select()).await;
            })*
        };
    }
    each! {
        Desktop by desktop_sessions;
        Mobile by mobile_sessions;
        Tablet by tablet_sessions;
        Other by other_sessions;
        Personal by personal_tokens;
        Device by device_tokens;
        Service by service_tokens;
    }
}

#[tokio::test]
async fn id_of_the_wrong_class_revokes_nothing() {
    let ada = Ada::with_each_kind().await;
    let (tablet, device) = (
        ada.one(CredentialKind::Tablet).await,
        ada.one(CredentialKind::Device).await,
    );
    let none = ada.sign_out().token(tablet).end().await.unwrap();
    assert!(none.credentials.is_empty(), "it is a session");
    let none = ada.sign_out().session(device).end().await.unwrap();
    assert!(none.credentials.is_empty(), "it is a token");
    let device = ada.sign_out().token(device);
    ada.expect_only_revoked(CredentialKind::Device, device)
        .await;

    let ada = Ada::with_each_kind().await;
    let tablet = ada.one(CredentialKind::Tablet).await;
    let tablet = ada.sign_out().session(tablet);
    ada.expect_only_revoked(CredentialKind::Tablet, tablet)
        .await;
}

#[tokio::test]
async fn sessions_tokens_and_everything_revoke_all_of_them() {
    let ada = Ada::with_each_kind().await;
    let sessions = ada.sign_out().sessions().end().await.unwrap();
    assert_eq!((sessions.sessions, sessions.tokens), (4, 0));
    let tokens = ada.sign_out().tokens().end().await.unwrap();
    assert_eq!((tokens.sessions, tokens.tokens), (0, 3));
    assert!(ada.active().await.is_empty());

    let ada = Ada::with_each_kind().await;
    let everything = ada.sign_out().everything().end().await.unwrap();
    assert_eq!((everything.sessions, everything.tokens), (4, 3));
    assert!(ada.active().await.is_empty());
}
