//! The device of a user agent: the kind of the session, and its description for the user.

use narthex::{
    i18n::{Language, text},
    sessions::Device,
};

use crate::support::user_agents::TABLE;

#[test]
fn current_user_agents_are_recognised() {
    let wrong: Vec<String> = TABLE
        .iter()
        .filter_map(|(user_agent, kind, words)| {
            let device = Device::of(Some(user_agent));
            let actual = (
                device.kind.as_str(),
                text(Language::english(), &device.message()),
            );
            let expected = (*kind, (*words).to_owned());
            (actual != expected).then(|| format!("{user_agent:?}: {actual:?}, not {expected:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(Device::of(None), Device::of(Some("")));
}
