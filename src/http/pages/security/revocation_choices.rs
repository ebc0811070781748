//! The form fields that select additional credentials to revoke with a change of the factors, the
//! password or the address.

use crate::{
    factors::RevocationChoice,
    types::{fields::Fields, message::field},
};

/// Takes the choices out of the field `also`. A browser sends nothing for an empty checkbox, so the
/// form has an empty field `also` in addition. Without any field, `default` applies.
pub(in crate::http::pages) fn take(
    fields: &mut Fields,
    default: RevocationChoice,
) -> RevocationChoice {
    let also = fields.many("also");
    match also.is_empty() {
        true => default,
        false => chosen(&also, fields),
    }
}

/// Takes the choices of the form for the password. Other sessions end unless the empty field says
/// that the form has a checkbox for them. `tokens` stands for all kinds, for clients without the
/// page.
pub(in crate::http::pages) fn take_for_password(fields: &mut Fields) -> RevocationChoice {
    let also = fields.many("also");
    let (all, also): (Vec<_>, Vec<_>) = also.into_iter().partition(|one| one == "tokens");
    let (revocation, all) = (chosen(&also, fields), !all.is_empty());
    RevocationChoice {
        sessions: revocation.sessions || !also.iter().any(String::is_empty),
        device_tokens: revocation.device_tokens || all,
        personal_tokens: revocation.personal_tokens || all,
        service_tokens: all,
        ..revocation
    }
}

fn chosen(also: &[String], fields: &mut Fields) -> RevocationChoice {
    let mut revocation = RevocationChoice::default();
    for choice in also {
        match &**choice {
            "sessions" => revocation.sessions = true,
            "trusted_browsers" => revocation.trusted_browsers = true,
            "device_tokens" => revocation.device_tokens = true,
            "personal_tokens" => revocation.personal_tokens = true,
            "" => {}
            _ => fields.errors().add("also", field::also_unknown()),
        }
    }
    revocation
}

/// The choices of a change without a field, if other sessions and trusted browsers may be those of an
/// intruder.
pub(in crate::http::pages) const OTHER_SESSIONS: RevocationChoice = RevocationChoice {
    sessions: true,
    device_tokens: false,
    personal_tokens: false,
    service_tokens: false,
    trusted_browsers: true,
};
