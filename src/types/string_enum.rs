//! Enums whose variants have a stable name for programs and a message for users.

/// Declares an enum. Each variant has a stable name and a message. The enum needs a variant
/// `Other`, which stands for names of newer versions.
macro_rules! string_enum {
    (
        $(#[$enum_doc:meta])*
        $enum:ident { $($(#[$doc:meta])* $name:ident = $text:literal, $message:path;)* }
    ) => {
        $(#[$enum_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $enum {
            $($(#[$doc])* $name,)*
        }

        impl $enum {
            /// All variants.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Returns the stable name, for programs.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Returns the message, for users.
            #[must_use]
            pub fn message(self) -> $crate::types::message::Message {
                match self { $(Self::$name => $message(),)* }
            }

            /// Returns the variant with this name, or `Other` for a name of a newer version.
            #[must_use]
            pub fn parse(text: &str) -> Self {
                match text { $($text => Self::$name,)* _ => Self::Other }
            }
        }
    };
}

pub(crate) use string_enum;
