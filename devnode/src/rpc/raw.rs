//! Lists of JSON values that are read no further than they are wanted.

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use std::fmt;

/// The first `MOST` values of an array, and how many there are in all. A long array of small values
/// takes no more memory than a short one.
#[derive(Debug, Default)]
pub(super) struct RawList<'a, const MOST: usize> {
    pub(super) first: Vec<&'a RawValue>,
    pub(super) count: usize,
}

impl<'de: 'a, 'a, const MOST: usize> Deserialize<'de> for RawList<'a, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Elements<const MOST: usize>;
        impl<'de, const MOST: usize> Visitor<'de> for Elements<MOST> {
            type Value = RawList<'de, MOST>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut list = RawList::default();
                while list.count < MOST {
                    let Some(value) = seq.next_element()? else {
                        return Ok(list);
                    };
                    list.first.push(value);
                    list.count += 1;
                }
                while seq.next_element::<IgnoredAny>()?.is_some() {
                    list.count += 1;
                }
                Ok(list)
            }
        }
        deserializer.deserialize_seq(Elements)
    }
}
