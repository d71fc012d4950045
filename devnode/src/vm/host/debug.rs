//! The debug modules `console` and `debug`. They cost no ink.

use super::{Fault, Frame};
use std::fmt::Display;

impl Frame<'_, '_> {
    pub(in crate::vm) fn log_txt(&mut self, text: u32, bytes: u32) -> Result<(), Fault> {
        let text = String::from_utf8_lossy(self.slice(text, bytes)?).into_owned();
        self.host.api.console(&text);
        Ok(())
    }

    /// Prints a number and gives it back.
    pub(in crate::vm) fn log_value<T: Display>(&mut self, value: T) -> T {
        self.host.api.console(&value.to_string());
        value
    }
}
