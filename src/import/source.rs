//! The systems from which users and tokens can come.

use crate::types::secret_form::SecretForm;

/// A system from which users and tokens come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// Laravel with Sanctum.
    Sanctum,
    /// Django, with knox or the tokens of Django REST framework.
    Django,
    /// Rails with Devise.
    Devise,
    /// better-auth.
    BetterAuth,
}

impl System {
    /// All systems.
    pub const ALL: [Self; 4] = [Self::Sanctum, Self::Django, Self::Devise, Self::BetterAuth];

    /// Returns the name of the system.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sanctum => "sanctum",
            Self::Django => "django",
            Self::Devise => "devise",
            Self::BetterAuth => "better-auth",
        }
    }

    /// Returns the system with this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|system| system.as_str() == name)
    }

    /// Returns the forms of the secrets of its tokens. The first one is the default.
    #[must_use]
    pub const fn token_forms(self) -> &'static [SecretForm] {
        match self {
            Self::Sanctum => &[SecretForm::Sanctum],
            Self::Django => &[SecretForm::Drf, SecretForm::Knox],
            Self::Devise => &[],
            Self::BetterAuth => &[SecretForm::BetterAuth],
        }
    }
}

/// The name under which an import records what it made: the system, and the app if the file names
/// one. A second file with this name continues the first one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceName(String);

/// The longest name of an app.
const MAX_APP_LENGTH: usize = 64;

impl SourceName {
    /// Returns the name for an app of a system. `None` if the name of the app is not 1 to 64 of
    /// `A-Z a-z 0-9 . _ -`.
    #[must_use]
    pub fn of(system: System, app: Option<&str>) -> Option<Self> {
        let system = system.as_str();
        match app {
            None | Some("") => Some(Self(system.to_owned())),
            Some(app) => is_app(app).then(|| Self(format!("{system}:{app}"))),
        }
    }

    /// Parses `sanctum` or `sanctum:shop`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (system, app) = match text.split_once(':') {
            Some((system, app)) => (system, Some(app)),
            None => (text, None),
        };
        let parsed = Self::of(System::parse(system)?, app)?;
        (parsed.0 == text).then_some(parsed)
    }

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_app(text: &str) -> bool {
    (1..=MAX_APP_LENGTH).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_name_has_one_spelling() {
        for name in ["sanctum", "sanctum:shop", "better-auth", "django:a.b_c-1"] {
            assert_eq!(SourceName::parse(name).unwrap().as_str(), name);
        }
        for name in [
            "",
            "laravel",
            "sanctum:",
            "sanctum:a b",
            "sanctum:a:b",
            ":a",
        ] {
            assert!(SourceName::parse(name).is_none(), "{name}");
        }
    }
}
