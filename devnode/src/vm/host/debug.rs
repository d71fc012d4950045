//! The debug modules `console` and `debug`. They cost no ink.

use super::{Fault, Frame};
use std::fmt::Display;

/// Most bytes of one printed line; what is longer is cut.
const MAX_LINE_BYTES: usize = 4_096;

impl Frame<'_, '_> {
    pub(in crate::vm) fn log_txt(&mut self, text: u32, bytes: u32) -> Result<(), Fault> {
        let text = self.slice(text, bytes)?;
        let shown = &text[..text.len().min(MAX_LINE_BYTES)];
        // Nothing is paid for this, so no work is done for nobody, and little for somebody.
        if self.host.traces || self.host.api.listens() {
            let shown = shown.to_vec();
            if self.host.api.listens() {
                self.host.api.console(&String::from_utf8_lossy(&shown));
            }
            self.report("console_log_text", &[&shown], &[]);
        }
        Ok(())
    }

    /// Prints a number.
    pub(in crate::vm) fn log_value(&mut self, value: impl Display) {
        if self.host.traces || self.host.api.listens() {
            let line = value.to_string();
            if self.host.api.listens() {
                self.host.api.console(&line);
            }
            self.report("console_log", &[line.as_bytes()], &[]);
        }
    }

    /// Prints a number that the program goes on with; tracers are not told.
    pub(in crate::vm) fn tee_value(&mut self, value: impl Display) {
        if self.host.api.listens() {
            self.host.api.console(&value.to_string());
        }
    }
}
