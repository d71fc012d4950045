//! The debug modules `console` and `debug`. They cost no ink.

use super::{Fault, Frame};
use std::fmt::Display;

/// Most bytes of one printed line; what is longer is cut.
const MAX_LINE_BYTES: usize = 4_096;

impl Frame<'_, '_> {
    pub(in crate::vm) fn log_txt(&mut self, text: u32, bytes: u32) -> Result<(), Fault> {
        let text = self.slice(text, bytes)?;
        // Nothing is paid for this, so no work is done for nobody, and little for somebody.
        if self.host.api.listens() {
            let shown = &text[..text.len().min(MAX_LINE_BYTES)];
            let line = String::from_utf8_lossy(shown).into_owned();
            self.host.api.console(&line);
        }
        Ok(())
    }

    /// Prints a number and gives it back.
    pub(in crate::vm) fn log_value<T: Display>(&mut self, value: T) -> T {
        if self.host.api.listens() {
            self.host.api.console(&value.to_string());
        }
        value
    }
}
