//! The credentials of a preview or a receipt, by kind.

use std::fmt;

use crate::{
    credentials::Credential,
    http::{
        auth::BrowserUser,
        pages::activity::NamedCredential,
        response::{
            client_address::{ClientAddress, Locator},
            html::Layout,
            relative_time::RelativeTime,
        },
    },
    types::{credential_kind::CredentialKind, fields::Fields, ids::CredentialId, message::field},
};

/// The number of rows of a group that the page of all groups shows. A page with 500 tokens would
/// otherwise be too long to read and to load.
const SHORT: usize = 20;
/// The number of rows on a page of one group.
const LONG: usize = 100;

/// The rows of one group: the field `rows`, such as `personal.2`. Pages are counted from 0.
#[derive(Clone, Copy)]
pub(super) struct Rows {
    kind: CredentialKind,
    page: usize,
}

impl Rows {
    fn parse(text: &str) -> Option<Self> {
        let (kind, page) = text.split_once('.')?;
        Some(Self {
            kind: CredentialKind::parse(kind)?,
            page: page.parse().ok()?,
        })
    }

    /// Takes the field from a form.
    pub(super) fn take(fields: &mut Fields) -> Option<Self> {
        fields.read("rows", |text| {
            Self::parse(text).ok_or_else(field::cursor_invalid)
        })
    }
}

impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.kind.as_str(), self.page)
    }
}

/// The credentials of one kind.
pub(super) struct Group {
    pub(super) kind: CredentialKind,
    /// The plural of the kind: `Phones`.
    pub(super) label: String,
    pub(super) total: usize,
    /// Whether the rows are shown without a click.
    pub(super) is_open: bool,
    pub(super) rows: Vec<ReviewRow>,
    /// The page with more rows of this group.
    pub(super) show_all: Option<Rows>,
    /// The pages of a group that is shown alone.
    pub(super) pages: Option<Pages>,
}

/// The pages of a long group.
pub(super) struct Pages {
    /// The numbers of the first and of the last row.
    pub(super) first: usize,
    pub(super) last: usize,
    pub(super) previous: Option<Rows>,
    pub(super) next: Option<Rows>,
}

impl Pages {
    /// Returns the path of the previous page of the receipt at `path`.
    pub(super) fn previous_at(&self, path: &str) -> Option<String> {
        Some(format!("{path}?rows={}", self.previous?))
    }

    /// Returns the path of the page after this one of the receipt at `path`.
    pub(super) fn next_at(&self, path: &str) -> Option<String> {
        Some(format!("{path}?rows={}", self.next?))
    }
}

/// A credential in one line.
pub(super) struct ReviewRow {
    pub(super) id: CredentialId,
    pub(super) name: NamedCredential,
    /// The last four characters of a token's secret.
    pub(super) hint: String,
    pub(super) address: Option<ClientAddress>,
    pub(super) last_used: Option<RelativeTime>,
    /// Whether the user keeps the credential.
    pub(super) spared: bool,
}

impl ReviewRow {
    fn new(
        user: &BrowserUser,
        locator: &Locator,
        credential: &Credential,
        spare: &[CredentialId],
    ) -> Self {
        let now = user.state.now();
        Self {
            id: credential.id,
            spared: spare.contains(&credential.id),
            name: NamedCredential::new(user, credential),
            hint: credential.hint.clone(),
            address: locator.address(credential.last_used_ip),
            last_used: credential
                .last_used_at
                .map(|at| RelativeTime::past(user.language(), now, at)),
        }
    }
}

/// Returns the credentials by kind. `shown` are the rows of the one group that is shown. Otherwise
/// each group shows its first rows. `spare` are the credentials whose ticks are set.
pub(super) fn groups(
    user: &BrowserUser,
    layout: &Layout,
    locator: &Locator,
    credentials: &[Credential],
    spare: &[CredentialId],
    shown: Option<Rows>,
) -> Vec<Group> {
    let own = user.principal.credential().id;
    let group = |kind: CredentialKind| {
        let of_kind = |credential: &&Credential| credential.kind == kind;
        let mut all: Vec<&Credential> = credentials.iter().filter(of_kind).collect();
        // The sort is stable, so the others stay in their order.
        all.sort_by_key(|credential| credential.id != own);
        let alone = shown.filter(|shown| shown.kind == kind);
        let (start, length) = match (alone, shown) {
            (Some(Rows { page, .. }), _) => (page.saturating_mul(LONG), LONG),
            (None, Some(_)) => (0, 0),
            (None, None) => (0, SHORT),
        };
        let rows = all.iter().skip(start).take(length);
        let rows: Vec<ReviewRow> = rows
            .map(|credential| ReviewRow::new(user, locator, credential, spare))
            .collect();
        let (total, end) = (all.len(), start.saturating_add(rows.len()));
        let rows_of = |page: usize| Rows { kind, page };
        Group {
            kind,
            label: plural(layout, kind),
            total,
            is_open: total <= SHORT || alone.is_some(),
            show_all: (alone.is_none() && end < total).then(|| rows_of(0)),
            pages: alone.map(|Rows { page, .. }| Pages {
                first: start.saturating_add(1).min(end),
                last: end,
                previous: page.checked_sub(1).map(rows_of),
                next: (end < total).then(|| rows_of(page.saturating_add(1))),
            }),
            rows,
        }
    };
    let groups = CredentialKind::ALL.into_iter().map(group);
    groups.filter(|group| group.total > 0).collect()
}

fn plural(layout: &Layout, kind: CredentialKind) -> String {
    match kind {
        CredentialKind::Desktop => layout.text("review-group-desktop"),
        CredentialKind::Mobile => layout.text("review-group-mobile"),
        CredentialKind::Tablet => layout.text("review-group-tablet"),
        CredentialKind::Other => layout.text("review-group-other"),
        CredentialKind::Personal => layout.text("review-group-personal"),
        CredentialKind::Device => layout.text("review-group-device"),
        CredentialKind::Service => layout.text("review-group-service"),
    }
}
