//! What can happen to calldata.

use alloy_primitives::U256;

/// The call with every word replaced by others in turn, and cut at every word and beside it.
pub(super) fn damaged(call: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    let one = U256::from(1);
    for at in (4..call.len()).step_by(32) {
        let word = U256::from_be_slice(&call[at..at + 32]);
        let step = U256::from(32);
        let mut others = vec![
            U256::ZERO,
            one,
            word.wrapping_add(one),
            word.wrapping_sub(one),
            word.wrapping_add(step),
            word.wrapping_sub(step),
            U256::from(call.len()),
            U256::from(u32::MAX),
            one << 32,
            U256::from(u64::MAX),
            word | one << 64,
            word | one << 160,
            word | one << 255,
            U256::MAX,
        ];
        others.retain(|other| *other != word);
        others.dedup();
        for other in others {
            let mut call = call.to_vec();
            call[at..at + 32].copy_from_slice(&other.to_be_bytes::<32>());
            all.push(call);
        }
        for end in [at, at + 1, at + 31] {
            all.push(call[..end].to_vec());
        }
    }
    all.extend((0..4).map(|end| call[..end].to_vec()));
    // Something behind it means nothing.
    all.push([call, &[0xff; 40]].concat());
    all
}
