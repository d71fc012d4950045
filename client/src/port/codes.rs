//! Codes on chain as types.

/// A set of codes on chain with their names: lower case with hyphens, as in arguments and JSON.
macro_rules! codes {
    ($(#[$meta:meta])* $name:ident, $what:literal { $($(#[$variant_meta:meta])* $variant:ident = $code:literal $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$variant_meta])* #[serde(rename = $text)] $variant = $code),+
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The code on chain.
            pub const fn code(self) -> u8 {
                self as u8
            }

            /// By the code on chain.
            pub fn from_code(code: u8) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.code() == code)
            }

            /// Its name.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::error::Error;

            fn from_str(text: &str) -> $crate::error::Result<Self> {
                Self::ALL.iter().copied().find(|known| known.as_str() == text).ok_or_else(|| {
                    $crate::error::Error::BadInput { what: $what, value: text.chars().take(32).collect() }
                })
            }
        }
    };
}

pub(super) use codes;
