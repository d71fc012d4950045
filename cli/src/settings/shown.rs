//! `--show-settings`: every setting, its value and where it came from. Nothing in it is secret.

use serde::Serialize;
use serde_json::Value;

use super::layers::{Found, Source};
use crate::output::Outcome;
use crate::text::{Table, shown};

/// A setting.
#[derive(Clone, Debug, Serialize)]
pub struct ShownSetting {
    /// Its name.
    pub name: &'static str,
    /// Its value; null if it has none. URLs stand without what could be a credential, passwords' files without path.
    pub value: Value,
    /// What says so: a flag, a variable, `profile NAME`, `network NAME`, a file, or `default`.
    pub source: String,
}

impl ShownSetting {
    /// A setting and its value.
    pub fn new(name: &'static str, value: impl Serialize, source: &Source) -> Self {
        Self {
            name,
            value: serde_json::to_value(value).unwrap_or_default(),
            source: source.to_string(),
        }
    }
}

/// A setting that may have no value.
pub(super) fn shown_setting<T: Serialize>(
    name: &'static str,
    found: Option<Found<T>>,
) -> ShownSetting {
    match found {
        Some(found) => ShownSetting::new(name, found.value, &found.source),
        None => ShownSetting::new(name, (), &Source::Default),
    }
}

/// A setting that is off unless something turns it on.
pub(super) fn shown_switch(name: &'static str, found: Option<Found<bool>>) -> ShownSetting {
    let off = Found {
        value: false,
        source: Source::Default,
    };
    shown_setting(name, Some(found.unwrap_or(off)))
}

/// All settings.
#[derive(Clone, Debug, Serialize)]
pub struct ShownSettings {
    /// In the order of the help.
    pub settings: Vec<ShownSetting>,
}

impl Outcome for ShownSettings {
    fn text(&self) -> String {
        let mut table = Table::new(["SETTING", "VALUE", "FROM"]);
        for ShownSetting {
            name,
            value,
            source,
        } in &self.settings
        {
            let value = match value {
                Value::Null => "-".to_owned(),
                Value::String(text) => shown(text),
                Value::Array(list) => {
                    let texts = list.iter().map(|it| shown(it.as_str().unwrap_or_default()));
                    texts.collect::<Vec<_>>().join(", ")
                }
                other => other.to_string(),
            };
            table.row([(*name).to_owned(), value, source.clone()]);
        }
        table.to_string()
    }
}
