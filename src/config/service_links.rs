//! Service links: variables that Kubernetes and Docker set in a container because another one is
//! named `narthex`. They are not settings.

/// Returns whether a variable is a service link of Kubernetes ("Accessing the Service", environment
/// variables) or one of Docker's legacy links. `NARTHEX_PORT` counts only with the value of a link.
/// With another value it is more likely a mistyped setting.
pub(super) fn is_service_link(name: &str, value: &str) -> bool {
    let Some(rest) = name.strip_prefix("NARTHEX_") else {
        return false;
    };
    let words: Vec<&str> = rest.split('_').collect();
    (0..words.len()).any(|start| {
        let (service, link) = words.split_at_checked(start).unwrap_or_default();
        service.iter().all(|word| is_upper_case(word)) && is_link(link, value, start == 0)
    })
}

/// Matches the part after the service's name. Docker links also have variables for the name and the
/// environment of the other container.
fn is_link(words: &[&str], value: &str, is_plain: bool) -> bool {
    match words {
        ["SERVICE", "HOST"] | ["SERVICE", "PORT", ..] => true,
        ["PORT"] => ["tcp://", "udp://", "sctp://"]
            .iter()
            .any(|scheme| value.starts_with(scheme)),
        ["PORT", number, "TCP" | "UDP" | "SCTP", ..] => number.parse::<u16>().is_ok(),
        ["NAME"] => is_plain && value.starts_with('/'),
        ["ENV", _, ..] => is_plain,
        _ => false,
    }
}

fn is_upper_case(word: &str) -> bool {
    word.bytes()
        .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_links_are_recognised() {
        for (name, value) in [
            ("NARTHEX_SERVICE_HOST", "10.96.0.10"),
            ("NARTHEX_SERVICE_PORT", "80"),
            ("NARTHEX_SERVICE_PORT_HTTP_WEB", "80"),
            ("NARTHEX_PORT", "tcp://10.96.0.10:80"),
            ("NARTHEX_PORT_80_TCP", "tcp://10.96.0.10:80"),
            ("NARTHEX_PORT_80_TCP_ADDR", "10.96.0.10"),
            ("NARTHEX_PORT_53_UDP_PROTO", "udp"),
            ("NARTHEX_METRICS_SERVICE_HOST", "10.96.0.11"),
            ("NARTHEX_LISTEN_PORT", "tcp://10.96.0.11:80"),
            ("NARTHEX_2_PORT_9100_TCP_PORT", "9100"),
            ("NARTHEX_NAME", "/web/narthex"),
            ("NARTHEX_ENV_NARTHEX_LISTEN", "0.0.0.0:8080"),
        ] {
            assert!(is_service_link(name, value), "{name}={value}");
        }
    }

    #[test]
    fn mistyped_settings_are_not_service_links() {
        for (name, value) in [
            ("NARTHEX_PORT", "8080"),
            ("NARTHEX_LISTEN_PORT", "8080"),
            ("NARTHEX_PORT_TCP", "8080"),
            ("NARTHEX_PORT_X_TCP", "8080"),
            ("NARTHEX_HOST", "0.0.0.0"),
            ("NARTHEX_SERVICE", "narthex"),
            ("NARTHEX_NAME", "narthex"),
            ("NARTHEX_APP_NAME_SHORT", "/x"),
            ("NARTHEX_ENV", "production"),
            ("NARTHEX_listen_SERVICE_HOST", "10.96.0.10"),
            ("OTHER_SERVICE_HOST", "10.96.0.10"),
        ] {
            assert!(!is_service_link(name, value), "{name}={value}");
        }
    }
}
