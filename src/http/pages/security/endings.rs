//! The choices of what a change of the second factors, of the password or of the e-mail address revokes
//! besides.

use crate::{
    factors::Ending,
    types::{fields::Fields, message::field},
};

/// Takes the choices out of the field `also`. A browser sends nothing for an empty checkbox, so the
/// form has an empty field `also` in addition. Without any field, `default` applies.
pub(in crate::http::pages) fn take(fields: &mut Fields, default: Ending) -> Ending {
    let also = fields.many("also");
    match also.is_empty() {
        true => default,
        false => chosen(&also, fields),
    }
}

/// Takes the choices of the form for the password. Other sessions end unless the empty field says that
/// the form has a checkbox for them. `tokens` stands for all kinds, for clients without the page.
pub(in crate::http::pages) fn take_for_password(fields: &mut Fields) -> Ending {
    let also = fields.many("also");
    let (all, also): (Vec<_>, Vec<_>) = also.into_iter().partition(|one| one == "tokens");
    let (ending, all) = (chosen(&also, fields), !all.is_empty());
    Ending {
        sessions: ending.sessions || !also.iter().any(String::is_empty),
        device_tokens: ending.device_tokens || all,
        personal_tokens: ending.personal_tokens || all,
        service_tokens: all,
        ..ending
    }
}

fn chosen(also: &[String], fields: &mut Fields) -> Ending {
    let mut ending = Ending::default();
    for choice in also {
        match &**choice {
            "sessions" => ending.sessions = true,
            "trusted_browsers" => ending.trusted_browsers = true,
            "device_tokens" => ending.device_tokens = true,
            "personal_tokens" => ending.personal_tokens = true,
            "" => {}
            _ => fields.errors().add("also", field::ending_unknown()),
        }
    }
    ending
}

/// The choices of a change without a field, if other sessions and trusted browsers may be those of an
/// intruder.
pub(in crate::http::pages) const OTHER_SESSIONS: Ending = Ending {
    sessions: true,
    device_tokens: false,
    personal_tokens: false,
    service_tokens: false,
    trusted_browsers: true,
};
