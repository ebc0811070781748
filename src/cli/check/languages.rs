//! Checks the languages of the pages.

use super::Findings;
use crate::{cli::text::count, config::Settings, i18n::Languages};

const LANGUAGES: &str = "languages";

pub(super) fn check(settings: &Settings, findings: &mut Findings) {
    let all = settings.languages.all();
    let incomplete: Vec<String> = all
        .iter()
        .map(|language| (language, Languages::missing_messages(language)))
        .filter(|(_, missing)| *missing > 0)
        .map(|(language, missing)| {
            format!("{} lacks {}", language.tag(), count(missing, "message"))
        })
        .collect();
    if incomplete.is_empty() {
        let tags: Vec<String> = all
            .iter()
            .map(|language| language.tag().to_string())
            .collect();
        findings.ok(
            LANGUAGES,
            format!("{}, all of them complete", tags.join(", ")),
        );
    } else {
        let incomplete = incomplete.join(", ");
        findings.warn(LANGUAGES, format!("{incomplete}: users see English there"));
    }
}
