//! The search of the lists on pages: text, filters, order, and pages in both directions.

use std::time::Duration;

use narthex::credentials::CredentialFilter;
use narthex::credentials::search::{
    Boundary, ListPage, ListState, Search, SortOrder, StateCounts, search,
};
use narthex::types::ability::Ability;
use narthex::types::credential_kind::{CredentialKind, CredentialType};
use narthex::types::ids::UserId;

use crate::support::app::TestApp;
use crate::support::client::Browser;
use crate::support::page::{ADA, GRACE, fetch_list};
use crate::support::user_agents::SAFARI_ON_IPHONE;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// A user with tokens.
struct Account {
    app: TestApp,
    user: UserId,
    browser: Browser,
}

impl Account {
    async fn new() -> Self {
        let app = TestApp::start();
        let browser = app.register(ADA).await;
        let user = app.user_id(ADA).await;
        Self { app, user, browser }
    }

    /// Creates a token. The next one is created a second later.
    async fn add(&self, name: &str, expires: &str) -> String {
        let form = [
            ("name", name),
            ("abilities", "orders:read"),
            ("expires", expires),
        ];
        let page = self.browser.post("/account/tokens", &form).await;
        let page = page.expect_status(200);
        self.app.advance(Duration::from_secs(1));
        crate::support::app::secret_in(&page.text)
    }

    async fn use_token(&self, secret: &str) {
        let client = self.app.api_client(secret);
        client.get("/api/v1/user").await.expect_status(200);
        self.app.advance(Duration::from_secs(1));
    }

    async fn id(&self, name: &str) -> String {
        let tokens = fetch_list(&self.browser, "/api/v1/tokens").await;
        let found = tokens.iter().find(|token| token["name"] == name).unwrap();
        found["id"].as_str().unwrap().to_owned()
    }

    async fn act(&self, name: &str, action: &str) {
        let path = format!("/account/tokens/{}/{action}", self.id(name).await);
        let answer = self.browser.post(&path, &[("confirmed", "1")]).await;
        answer.expect_status(303);
        self.app.advance(Duration::from_secs(1));
    }

    async fn search(&self, wanted: Search) -> (ListPage, StateCounts) {
        search(&self.app.state, self.user, wanted).await.unwrap()
    }

    async fn names(&self, wanted: Search) -> Vec<String> {
        names(&self.search(wanted).await.0)
    }
}

fn names(page: &ListPage) -> Vec<String> {
    page.rows.iter().map(|token| token.name.clone()).collect()
}

fn active_tokens() -> Search {
    Search {
        class: CredentialType::Token,
        state: ListState::Active,
        text: String::new(),
        filter: CredentialFilter::default(),
        never_used: false,
        expires_until: None,
        order: SortOrder::Created,
        boundary: None,
        page_size: 50,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn search_finds_tokens_by_name_and_last_characters() {
    let account = Account::new().await;
    let secret = account.add("CI of the Shop", "never").await;
    account.add("Größenprüfung", "never").await;
    account.add("Backup", "never").await;
    let hint = &secret[secret.len() - 4..];
    for (text, expected) in [
        ("shop", "CI of the Shop"),
        ("  SHOP ", "CI of the Shop"),
        (hint, "CI of the Shop"),
        (&hint.to_lowercase(), "CI of the Shop"),
        ("PRÜF", "Größenprüfung"),
    ] {
        let wanted = Search {
            text: text.to_owned(),
            ..active_tokens()
        };
        assert_eq!(account.names(wanted).await, [expected], "{text}");
    }
    for text in ["nothing", "%", "_", "'", &secret[..8]] {
        let wanted = Search {
            text: text.to_owned(),
            ..active_tokens()
        };
        assert!(account.names(wanted).await.is_empty(), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn search_sorts_by_use_expiry_creation_or_name() {
    let account = Account::new().await;
    let first = account.add("beta", "30d").await;
    account.add("Alpha", "never").await;
    let last = account.add("gamma", "7d").await;
    account.use_token(&last).await;
    account.use_token(&first).await;
    for (order, expected) in [
        (SortOrder::Created, ["gamma", "Alpha", "beta"]),
        (SortOrder::Name, ["Alpha", "beta", "gamma"]),
        (SortOrder::Expiry, ["gamma", "beta", "Alpha"]),
        (SortOrder::LastUsed, ["beta", "gamma", "Alpha"]),
    ] {
        let wanted = Search {
            order,
            ..active_tokens()
        };
        assert_eq!(account.names(wanted).await, expected, "{order:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn search_filters_by_kind_ability_use_and_expiry() {
    let account = Account::new().await;
    let used = account.add("Used", "7d").await;
    account.add("Unused", "365d").await;
    account.use_token(&used).await;
    let ability = |name: &str| CredentialFilter {
        ability: vec![Ability::parse(name).unwrap()],
        ..CredentialFilter::default()
    };
    let kind = |kind| CredentialFilter {
        kind: vec![kind],
        ..CredentialFilter::default()
    };
    let in_a_week = account.app.state.now().saturating_add(7 * DAY);
    for (wanted, expected) in [
        (
            Search {
                never_used: true,
                ..active_tokens()
            },
            &["Unused"][..],
        ),
        (
            Search {
                expires_until: Some(in_a_week),
                ..active_tokens()
            },
            &["Used"],
        ),
        (
            Search {
                filter: ability("orders:read"),
                ..active_tokens()
            },
            &["Unused", "Used"],
        ),
        (
            Search {
                filter: ability("orders:write"),
                ..active_tokens()
            },
            &[],
        ),
        (
            Search {
                filter: kind(CredentialKind::Personal),
                ..active_tokens()
            },
            &["Unused", "Used"],
        ),
        (
            Search {
                filter: kind(CredentialKind::Device),
                ..active_tokens()
            },
            &[],
        ),
    ] {
        assert_eq!(account.names(wanted.clone()).await, expected, "{wanted:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_state_has_its_own_list_and_count() {
    let account = Account::new().await;
    for (name, expires) in [
        ("Active", "30d"),
        ("Paused", "30d"),
        ("Expired", "7d"),
        ("Revoked", "30d"),
    ] {
        account.add(name, expires).await;
    }
    account.act("Paused", "pause").await;
    account.act("Revoked", "revoke").await;
    account.app.advance(7 * DAY);
    for (state, expected) in [
        (ListState::Active, &["Active"][..]),
        (ListState::Paused, &["Paused"]),
        (ListState::Ended, &["Expired", "Revoked"]),
    ] {
        let wanted = Search {
            state,
            order: if state == ListState::Ended {
                SortOrder::Ended
            } else {
                SortOrder::Created
            },
            ..active_tokens()
        };
        let (page, counts) = account.search(wanted).await;
        assert_eq!(names(&page), expected, "{state:?}");
        let expected = StateCounts {
            active: 1,
            paused: 1,
            ended: 2,
        };
        assert_eq!(counts, expected, "{state:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_run_in_both_directions_in_every_order() {
    let account = Account::new().await;
    for number in 0..5 {
        account.add(&format!("No. {}", number % 2), "30d").await;
    }
    for order in [
        SortOrder::Created,
        SortOrder::Name,
        SortOrder::Expiry,
        SortOrder::LastUsed,
    ] {
        let wanted = |boundary: Option<Boundary>, page_size| Search {
            order,
            boundary,
            page_size,
            ..active_tokens()
        };
        let all = account.search(wanted(None, 50)).await.0;
        let all: Vec<_> = all.rows.iter().map(|token| token.id).collect();
        let (mut forth, mut back, mut boundary) = (Vec::new(), Vec::new(), None);
        loop {
            let page = account.search(wanted(boundary, 2)).await.0;
            assert_eq!((page.skipped, page.total), (forth.len(), 5), "{order:?}");
            forth.extend(page.rows.iter().map(|token| token.id));
            boundary = page.next;
            if boundary.is_none() {
                boundary = page.previous;
                back.splice(0..0, page.rows.iter().map(|token| token.id));
                break;
            }
        }
        while let Some(before) = boundary {
            let page = account.search(wanted(Some(before), 2)).await.0;
            back.splice(0..0, page.rows.iter().map(|token| token.id));
            boundary = page.previous;
        }
        assert_eq!(forth, all, "{order:?}");
        assert_eq!(back, all, "{order:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn page_after_a_revoked_token_starts_at_the_next_one() {
    let account = Account::new().await;
    for name in ["D", "C", "B", "A"] {
        account.add(name, "30d").await;
    }
    let wanted = |boundary| Search {
        boundary,
        page_size: 2,
        ..active_tokens()
    };
    let first = account.search(wanted(None)).await.0;
    assert_eq!(names(&first), ["A", "B"]);
    account.act("B", "revoke").await;
    let second = account.search(wanted(first.next.clone())).await.0;
    assert_eq!(names(&second), ["C", "D"]);
    let again = account.search(wanted(second.previous)).await.0;
    assert_eq!(names(&again), ["A", "C"]);
    account.act("C", "revoke").await;
    account.act("D", "revoke").await;
    assert_eq!(account.names(wanted(first.next)).await, ["A"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_searched_by_browser_and_never_with_tokens() {
    let account = Account::new().await;
    account.add("Safari", "30d").await;
    account.app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    account.app.register(GRACE).await;
    let wanted = Search {
        class: CredentialType::Session,
        order: SortOrder::LastUsed,
        ..active_tokens()
    };
    let (all, counts) = account.search(wanted.clone()).await;
    assert_eq!((all.total, counts.active), (2, 2));
    let safari = Search {
        text: "safari".to_owned(),
        ..wanted
    };
    let (found, _) = account.search(safari).await;
    assert_eq!(found.total, 1);
    assert_eq!(found.rows[0].kind, CredentialKind::Mobile);
}
