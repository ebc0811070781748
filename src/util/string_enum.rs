//! Enums whose variants are stored under a stable name and told to people in a sentence.

/// Declares one: each variant with its stable name, for programs, and its sentence, for people. It has
/// a variant `Other`, which a name reads as that only a newer version knows.
macro_rules! string_enum {
    (
        $(#[$enum_doc:meta])*
        $enum:ident { $($(#[$doc:meta])* $name:ident = $text:literal, $sentence:literal;)* }
    ) => {
        $(#[$enum_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $enum {
            $($(#[$doc])* $name,)*
        }

        impl $enum {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its stable name, for programs.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// What it is, for a person.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence,)* }
            }

            /// The one with this stable name; `Other` for one that only a newer version knows.
            #[must_use]
            pub fn parse(text: &str) -> Self {
                match text { $($text => Self::$name,)* _ => Self::Other }
            }
        }
    };
}

pub(crate) use string_enum;
