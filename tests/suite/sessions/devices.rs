//! Which device a user agent speaks of: the kind of the session, and the words for its owner.

use narthex::sessions::Device;

use crate::support::user_agents::TABLE;

#[test]
fn user_agents_of_today_are_recognised() {
    let wrong: Vec<String> = TABLE
        .iter()
        .filter_map(|(user_agent, kind, words)| {
            let device = Device::of(Some(user_agent));
            let read = (device.kind.as_str(), device.to_string());
            let right = (*kind, (*words).to_owned());
            (read != right).then(|| format!("{user_agent:?}: {read:?}, not {right:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(Device::of(None), Device::of(Some("")));
}
