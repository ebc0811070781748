//! The page with every component in every state, for the authors of pages and for the tests. A build
//! without the feature `internals` does not have it.

use actix_web::HttpResponse;
use askama::Template;

use crate::{
    error::Result,
    http::{
        auth::OptionalUser,
        pages::activity::{ActivityRow, EventRow, NamedCredential},
        paths,
        response::{
            client_address::ClientAddress,
            components::{Choice, Column, Refused, SortOrder, Tab, Toast, Tone},
            field_texts::FieldTexts,
            html::{self, Layout},
            relative_time::RelativeTime,
        },
    },
    types::{fields::FieldErrors, message::field},
};

/// The texts of the samples. They are in no catalogue, because no user sees them.
struct Sample {
    title: &'static str,
    sentence: &'static str,
    word: &'static str,
    long: &'static str,
}

const SAMPLE: Sample = Sample {
    title: "Components",
    sentence: "Requests with this token are refused.",
    word: "Sample",
    long: "a-name-without-any-place-to-break-it-that-goes-on-and-on-and-on-and-on-and-on",
};

/// The names of unusual rows: long, without a space, and from right to left.
const ROWS: [&str; 5] = [
    "Shop CI",
    "Backup",
    "A long name of several words that does not fit into one line of the table, nor into two of them, \
     so that its end is cut off in each window, however wide it is, and the row keeps its height",
    SAMPLE.long,
    "خدمة النسخ (prod)",
];

#[derive(Template)]
#[template(path = "components/gallery.html")]
struct ComponentsPage {
    layout: Layout,
    sample: &'static Sample,
    faults: FieldTexts,
    no_faults: FieldTexts,
    columns: Vec<Column>,
    rows: [&'static str; 5],
    tabs: [Tab; 3],
    options: [Choice; 3],
    icon_names: Vec<String>,
    toasts: [Toast; 2],
    refusals: [Option<Refused>; 2],
    no_page: Option<String>,
    moment: RelativeTime,
    addresses: [ClientAddress; 2],
    events: [ActivityRow; 2],
}

/// `GET /components`
pub async fn show(user: OptionalUser) -> Result<HttpResponse> {
    let layout = user.layout();
    let mut errors = FieldErrors::default();
    for name in ["name", "current_password", "password", "expires", "also"] {
        errors.add(name, field::missing());
    }
    let now = user.state.now();
    let moment = RelativeTime::past(&layout.language, now, now);
    html::ok(&ComponentsPage {
        faults: FieldTexts::new(&layout.language, &errors),
        layout,
        sample: &SAMPLE,
        no_faults: FieldTexts::default(),
        columns: columns(),
        rows: ROWS,
        tabs: [(Some(12), true), (Some(0), false), (None, false)].map(|(count, current)| Tab {
            path: paths::COMPONENTS.to_owned(),
            label: SAMPLE.word.to_owned(),
            count,
            current,
        }),
        options: [("1", false), ("2", true), ("3", false)].map(|(value, selected)| Choice {
            value: value.to_owned(),
            label: format!("{} {value}", SAMPLE.word),
            selected,
        }),
        icon_names: icon_names(),
        toasts: [Tone::Success, Tone::Attention].map(|tone| Toast {
            text: SAMPLE.sentence.to_owned(),
            tone,
        }),
        refusals: refusals(),
        no_page: None,
        moment: moment.clone(),
        addresses: addresses(),
        events: [true, false].map(|is_full| event(&moment, is_full)),
    })
}

fn columns() -> Vec<Column> {
    let sorted = |order| Column::Sorted {
        label: SAMPLE.word.to_owned(),
        path: paths::COMPONENTS.to_owned(),
        order,
    };
    vec![
        Column::Tick,
        sorted(Some(SortOrder::Descending)),
        sorted(Some(SortOrder::Ascending)),
        sorted(None),
        Column::Plain(SAMPLE.word.to_owned()),
        Column::Menu,
    ]
}

fn refusals() -> [Option<Refused>; 2] {
    let wrong = Refused::Wrong(SAMPLE.sentence.to_owned());
    let wait = Refused::Wait {
        reason: SAMPLE.sentence.to_owned(),
        seconds: 10,
    };
    [Some(wrong), Some(wait)]
}

fn addresses() -> [ClientAddress; 2] {
    [Some(SAMPLE.word.to_owned()), None].map(|place| ClientAddress {
        ip: "192.0.2.7".to_owned(),
        place,
    })
}

/// Returns an event with everything that can be known about it, or with its description only.
fn event(at: &RelativeTime, is_full: bool) -> ActivityRow {
    let path = || paths::COMPONENTS.to_owned();
    let credential = |current| NamedCredential {
        title: SAMPLE.word.to_owned(),
        href: path(),
        current,
        is_unrevoked: true,
    };
    let [place, _] = addresses();
    ActivityRow {
        event: EventRow {
            sentence: SAMPLE.sentence.to_owned(),
            detail: SAMPLE.word.to_owned(),
            at: at.clone(),
            ip: None,
            receipt: is_full.then(path),
            times: if is_full { 3 } else { 1 },
        },
        icon: "personal",
        href: is_full.then(path),
        changes: if is_full {
            vec![SAMPLE.long.to_owned()]
        } else {
            Vec::new()
        },
        revoked: if is_full {
            vec![credential(false), credential(false)]
        } else {
            Vec::new()
        },
        more_revoked: if is_full { 2 } else { 0 },
        by: is_full.then(|| credential(false)),
        address: is_full.then_some(place),
        not_me: is_full.then(path),
    }
}

/// Returns the names of the pictures in the sprite.
fn icon_names() -> Vec<String> {
    let sprite = include_str!("../../../static/icons.svg");
    let after_ids = sprite.split("id=\"").skip(1);
    after_ids
        .filter_map(|rest| rest.split('"').next())
        .map(str::to_owned)
        .collect()
}
