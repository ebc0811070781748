//! Warnings about tokens that expire soon.

use std::time::Duration;

use narthex::credentials::expiry_warnings;

use super::notices::Notices;

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn warn_of_expiry(notices: &Notices) -> usize {
    expiry_warnings::warn(&notices.app.state)
        .await
        .expect("warnings")
}

#[tokio::test(flavor = "multi_thread")]
async fn owner_is_warned_a_week_and_a_day_before_the_expiry() {
    let (mut notices, ada) = Notices::with_ada().await;
    let form = [("name", "deploy"), ("expires", "30d")];
    ada.post("/account/tokens", &form).await.expect_status(200);
    notices.next().await;
    for (days, is_warned) in [(22, false), (1, true), (1, false), (5, true), (1, false)] {
        notices.app.advance(DAY * days);
        let warned = warn_of_expiry(&notices).await;
        assert_eq!(warned, usize::from(is_warned), "after {days} more days");
        if is_warned {
            let mail = notices.next().await;
            let text = mail.text();
            assert_eq!(mail.subject(), "Narthex: a token expires soon");
            assert!(text.contains("“deploy” (…"), "{text}");
            assert!(text.contains("expires on 22 Dec 2026, 12:31 UTC"), "{text}");
            assert!(text.contains("/account/secure"), "{text}");
            assert!(!text.contains("nrx_"), "{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn token_with_a_short_life_has_no_warning_of_a_week() {
    let (mut notices, ada) = Notices::with_ada().await;
    let form = [("name", "short"), ("expires", "7d")];
    ada.post("/account/tokens", &form).await.expect_status(200);
    notices.next().await;
    warn_of_expiry(&notices).await;
    notices.expect_none(&ada).await;
}
