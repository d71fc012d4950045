//! What memory pages cost within one transaction.
//!
//! Two counters live as long as a transaction: `open`, the pages held by frames on the stack now,
//! and `ever`, the most that were open at once. New pages pay linearly for what they add to `open`
//! beyond the free ones, and along an exponential curve for what they add to `ever`.

use super::params::{STYLUS_V3_ARBOS, StylusParams};

/// Gas the curve reaches at 128 pages.
const CURVE_END: f64 = 31_874_000.0;
/// Last entry of the curve: one below the formula.
const CURVE_LAST: u64 = 31_873_999;

/// The pages of one transaction.
///
/// Start one per transaction. When a frame that runs a program begins, remember [`Self::open`], pay
/// [`Self::add`] of its footprint, and when it ends give the number back to [`Self::restore_open`],
/// whatever its outcome. `ever` never falls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageCounter {
    open: u16,
    ever: u16,
}

impl PageCounter {
    /// Pages held by frames on the stack now.
    pub const fn open(&self) -> u16 {
        self.open
    }

    /// Most pages that were open at once in this transaction.
    pub const fn ever(&self) -> u16 {
        self.ever
    }

    /// Sets the open pages back to what they were when a frame began.
    pub const fn restore_open(&mut self, open: u16) {
        self.open = open;
    }

    /// Opens `pages` more pages and answers their gas. They count as open whether or not the gas can
    /// be paid.
    pub fn add(&mut self, pages: u16, params: &StylusParams, arbos_version: u64) -> u64 {
        let (old_open, old_ever) = (self.open, self.ever);
        self.open = old_open.saturating_add(pages);
        self.ever = old_ever.max(self.open);
        if arbos_version >= STYLUS_V3_ARBOS
            && params.page_limit != 0
            && self.open > params.page_limit
        {
            return u64::MAX;
        }
        if self.ever <= params.free_pages {
            return 0;
        }
        let charged = |open: u16| u64::from(open.saturating_sub(params.free_pages));
        let linear = (charged(self.open) - charged(old_open)) * u64::from(params.page_gas);
        // Once `ever` is beyond the curve both ends are the maximum and only the linear part is left.
        let ramp = curve(self.ever) - curve(old_ever);
        linear.saturating_add(ramp)
    }
}

/// The exponential part of the price of holding `pages` pages: `⌊31 874 000^(pages/128)⌋`, except at
/// 128, and the maximum beyond.
fn curve(pages: u16) -> u64 {
    match pages {
        0..=127 => {
            // Truncation is the formula's floor; the value is positive and far below 2^53.
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "the curve is positive and below 2^25"
            )]
            let gas = CURVE_END.powf(f64::from(pages) / 128.0) as u64;
            gas
        }
        128 => CURVE_LAST,
        _ => u64::MAX,
    }
}
