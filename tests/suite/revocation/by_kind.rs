//! Each kind of credential is revoked by a function of its own, which revokes nothing else.

use narthex::{
    audit::Actor,
    credentials::{
        CredentialFilter, RevocationReceipt, StatusFilter, list,
        revoke::{
            revoke_desktop_sessions, revoke_device_tokens, revoke_mobile_sessions,
            revoke_other_sessions, revoke_personal_tokens, revoke_service_tokens, revoke_session,
            revoke_sessions_of_kind, revoke_tablet_sessions, revoke_token, revoke_tokens_of_kind,
            sign_out_everywhere, sign_out_here, sign_out_others,
        },
    },
    error::Result,
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
    actor: Actor,
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
        let made = create_as_operator(&app.context, user, CredentialKind::Service, new).await;
        assert!(made.is_ok());
        ada.post("/logout", &[]).await.expect_status(303);
        Self {
            app,
            user,
            actor: Actor::operator(),
        }
    }

    async fn active(&self) -> Vec<(CredentialKind, CredentialId)> {
        let (everything, all) = (CredentialFilter::default(), Paging::new(100, None));
        let context = &self.app.context;
        let rows = list(context, self.user, everything, StatusFilter::Active, all).await;
        let rows = rows.unwrap().rows.into_iter();
        rows.map(|credential| (credential.kind, credential.id))
            .collect()
    }

    async fn one(&self, kind: CredentialKind) -> CredentialId {
        let active = self.active().await;
        active.iter().find(|(of, _)| *of == kind).unwrap().1
    }

    /// Expects that the credential of this kind is on the receipt and revoked, and no other is.
    async fn expect_only_revoked(&self, kind: CredentialKind, receipt: Result<RevocationReceipt>) {
        let receipt = receipt.unwrap();
        let ended: Vec<CredentialKind> = receipt.credentials.iter().map(|one| one.kind).collect();
        assert_eq!(ended, [kind]);
        let active: Vec<CredentialKind> =
            self.active().await.into_iter().map(|(of, _)| of).collect();
        assert_eq!(active.len(), CredentialKind::ALL.len() - 1);
        assert!(!active.contains(&kind));
    }
}

#[tokio::test]
async fn each_kind_has_a_function_that_revokes_it_alone() {
    macro_rules! each {
        ($($kind:ident by $end:ident;)*) => {
            $({
                let ada = Ada::with_each_kind().await;
                let receipt = $end(&ada.app.context, ada.user, ada.actor).await;
                ada.expect_only_revoked(CredentialKind::$kind, receipt).await;
            })*
        };
    }
    each! {
        Desktop by revoke_desktop_sessions;
        Mobile by revoke_mobile_sessions;
        Tablet by revoke_tablet_sessions;
        Other by revoke_other_sessions;
        Personal by revoke_personal_tokens;
        Device by revoke_device_tokens;
        Service by revoke_service_tokens;
    }
}

#[tokio::test]
async fn kind_of_the_wrong_class_revokes_nothing() {
    let ada = Ada::with_each_kind().await;
    let Ada { app, user, actor } = &ada;
    let none = revoke_tokens_of_kind(&app.context, *user, CredentialKind::Mobile, *actor).await;
    assert!(none.unwrap().credentials.is_empty());
    let none = revoke_sessions_of_kind(&app.context, *user, CredentialKind::Device, *actor).await;
    assert!(none.unwrap().credentials.is_empty());
    let receipt = revoke_tokens_of_kind(&app.context, *user, CredentialKind::Device, *actor).await;
    ada.expect_only_revoked(CredentialKind::Device, receipt)
        .await;

    let ada = Ada::with_each_kind().await;
    let Ada { app, user, actor } = &ada;
    let receipt =
        revoke_sessions_of_kind(&app.context, *user, CredentialKind::Mobile, *actor).await;
    ada.expect_only_revoked(CredentialKind::Mobile, receipt)
        .await;
}

#[tokio::test]
async fn id_of_the_wrong_class_revokes_nothing() {
    let ada = Ada::with_each_kind().await;
    let Ada { app, user, actor } = &ada;
    let (tablet, device) = (
        ada.one(CredentialKind::Tablet).await,
        ada.one(CredentialKind::Device).await,
    );
    let none = revoke_token(&app.context, *user, tablet, *actor).await;
    assert!(none.unwrap().credentials.is_empty(), "it is a session");
    let none = revoke_session(&app.context, *user, device, *actor).await;
    assert!(none.unwrap().credentials.is_empty(), "it is a token");
    let receipt = revoke_token(&app.context, *user, device, *actor).await;
    ada.expect_only_revoked(CredentialKind::Device, receipt)
        .await;

    let ada = Ada::with_each_kind().await;
    let Ada { app, user, actor } = &ada;
    let tablet = ada.one(CredentialKind::Tablet).await;
    let receipt = revoke_session(&app.context, *user, tablet, *actor).await;
    ada.expect_only_revoked(CredentialKind::Tablet, receipt)
        .await;
}

#[tokio::test]
async fn sign_out_here_others_and_everywhere_revoke_one_rest_and_all() {
    let ada = Ada::with_each_kind().await;
    let Ada { app, user, actor } = &ada;
    let desktop = ada.one(CredentialKind::Desktop).await;
    let receipt = sign_out_here(&app.context, *user, desktop, *actor).await;
    ada.expect_only_revoked(CredentialKind::Desktop, receipt)
        .await;
    let mobile = ada.one(CredentialKind::Mobile).await;
    let receipt = sign_out_others(&app.context, *user, mobile, *actor).await;
    assert_eq!(
        receipt.unwrap().credentials.len(),
        CredentialKind::ALL.len() - 2
    );
    assert_eq!(ada.active().await, [(CredentialKind::Mobile, mobile)]);

    let ada = Ada::with_each_kind().await;
    let Ada { app, user, actor } = &ada;
    let receipt = sign_out_everywhere(&app.context, *user, *actor).await;
    assert_eq!(
        receipt.unwrap().credentials.len(),
        CredentialKind::ALL.len()
    );
    assert!(ada.active().await.is_empty());
}
