//! `4byteTracer`: which methods were called.

use super::{FrameBegin, TraceTooLarge, Tracer};
use alloy_primitives::hex;
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(in crate::evm) struct FourByteTracer {
    counts: BTreeMap<String, u64>,
}

impl FourByteTracer {
    pub(super) fn finish(self) -> BTreeMap<String, u64> {
        self.counts
    }
}

impl Tracer for FourByteTracer {
    fn frame_begins(&mut self, frame: FrameBegin) -> Result<(), TraceTooLarge> {
        // Geth leaves precompiles out: they have no selectors. The chain's own have.
        if frame.kind.creates() || is_ethereum_precompile(&frame) {
            return Ok(());
        }
        if let Some((selector, arguments)) = frame.input.split_first_chunk::<4>() {
            let key = format!("{}-{}", hex::encode_prefixed(selector), arguments.len());
            *self.counts.entry(key).or_default() += 1;
        }
        Ok(())
    }
}

/// The addresses 1 to 0x11 and 0x100 (EIP-7951).
fn is_ethereum_precompile(frame: &FrameBegin) -> bool {
    let [rest @ .., high, low] = frame.to.into_array();
    rest == [0; 18] && matches!((high, low), (0, 1..=0x11) | (1, 0))
}
