//! The latest events of one credential, for its own page.

use super::{names::Names, row::ActivityRow};
use crate::{
    audit::{self, EventFilter, EventsOf},
    credentials::Credential,
    error::Result,
    http::{auth::BrowserUser, paths, response::client_address::Locator},
};

/// The number of events. The rest is on the page of the log.
const LATEST: usize = 20;

/// The latest events of one credential.
pub struct LatestEvents {
    /// The events, newest first.
    pub rows: Vec<ActivityRow>,
    /// The path of all events of the credential.
    pub all: String,
}

impl LatestEvents {
    /// Returns the latest events that name `credential`, and its revocation.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn of(
        user: &BrowserUser,
        locator: &Locator,
        credential: &Credential,
    ) -> Result<Self> {
        let filter = EventFilter {
            credential: Some(EventsOf {
                credential: credential.id,
                receipt: credential.receipt_id,
            }),
            ..EventFilter::default()
        };
        let found = audit::search(&user.state, user.principal.user().id, filter, None, LATEST);
        let events = found.await?.rows;
        let names = Names::of(user, &events).await?;
        let row = |event| ActivityRow::new(user, locator, &names, event);
        Ok(Self {
            rows: events.iter().map(row).collect(),
            all: paths::with_query(
                paths::ACTIVITY,
                &[("credential", credential.id.to_string())],
            ),
        })
    }
}
