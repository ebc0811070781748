//! The page with every component in every state, for the authors of pages and for the tests. A build
//! without the feature `internals` does not have it.

use actix_web::HttpResponse;
use askama::Template;

use crate::{
    error::Result,
    http::{
        auth::OptionalUser,
        paths,
        response::{
            components::{Choice, Column, SortOrder, Tab},
            field_texts::FieldTexts,
            html::{self, Layout},
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
    frame: Layout,
    sample: &'static Sample,
    faults: FieldTexts,
    no_faults: FieldTexts,
    columns: Vec<Column>,
    rows: [&'static str; 5],
    tabs: [Tab; 3],
    options: [Choice; 3],
    icon_names: Vec<String>,
}

/// `GET /components`
pub async fn show(user: OptionalUser) -> Result<HttpResponse> {
    let mut frame = user.frame();
    frame.message = Some(SAMPLE.sentence.to_owned());
    frame.receipt = Some(paths::COMPONENTS.to_owned());
    let mut errors = FieldErrors::default();
    for name in ["name", "current_password", "password", "expires", "also"] {
        errors.add(name, field::missing());
    }
    html::ok(&ComponentsPage {
        faults: FieldTexts::new(&frame.language, &errors),
        frame,
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

/// Returns the names of the pictures in the sprite.
fn icon_names() -> Vec<String> {
    let sprite = include_str!("../../../static/icons.svg");
    let after_ids = sprite.split("id=\"").skip(1);
    after_ids
        .filter_map(|rest| rest.split('"').next())
        .map(str::to_owned)
        .collect()
}
