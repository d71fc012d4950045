//! Hand-optimised Solidity with our semantics, to compare with.
//!
//! *A* keeps records, requests and grants in storage, with ids and views, behind a minimal clone; measured
//! with solc 0.8 and its optimiser. It has neither history head nor sections, delegates, or parties that
//! can change. So A⁺ is A, with its own calldata and logs replaced by what our transaction carries, plus
//! what the semantics that A lacks must cost at least, item by item.

use crate::story::Measured;
use std::fmt::Write as _;

/// Gas of a transaction before anything is executed.
pub(crate) const INTRINSIC: u64 = 21_000;
/// A slot that is read and changed, both cold.
pub(crate) const CHANGED_SLOT: u64 = 5_000;
/// A slot written for the first time.
pub(crate) const NEW_SLOT: u64 = 22_100;
/// Creating a contract, and each byte of its code.
pub(crate) const CREATION: u64 = 32_000;
pub(crate) const CODE_BYTE: u64 = 200;
/// A cold read.
const READ: u64 = 2_100;

/// Figures of A for one operation.
pub(crate) struct Baseline {
    /// The whole transaction.
    gas: u64,
    /// What A spends on its own calldata and logs: its floor less intrinsic gas and storage.
    data: u64,
    /// What A does not do.
    items: &'static [(&'static str, u64)],
}

const HEAD: (&str, u64) = ("history head", CHANGED_SLOT);
const OWNER: (&str, u64) = ("owner can change", READ);
const EPOCH: (&str, u64) = ("epoch guard of a section", READ);

/// A's figures for an operation of ours; none where A has nothing like it.
pub(crate) fn of(name: &str) -> Option<Baseline> {
    let (gas, data, items): (u64, u64, &'static [(&'static str, u64)]) = match name {
        "register provider" => (90_852, 2_861, &[("list of providers", CHANGED_SLOT)]),
        "attest" => (
            28_348,
            1_565,
            &[
                ("attesters can change", READ),
                ("identity profile is compared", READ),
            ],
        ),
        "attest with a new NPI" => (
            28_348,
            1_565,
            &[
                ("attesters can change", READ),
                ("identity profile is compared", READ),
                ("NPI belongs to one provider", NEW_SLOT),
                ("whose it was is looked up", READ),
            ],
        ),
        // Compared with a plain clone and its initialisation.
        "issue a port" => (136_759, 0, &[]),
        "change the patient's key" => (35_832, 2_398, &[HEAD, OWNER]),
        "add by primary care" => (
            81_215,
            5_873,
            &[HEAD, OWNER, ("primary care can change", READ), EPOCH],
        ),
        "add by a reader who may write" => (
            83_580,
            5_873,
            &[HEAD, OWNER, ("primary care can change", READ), EPOCH],
        ),
        "request, first of this provider" | "request, later" => (85_384, 5_444, &[HEAD, OWNER]),
        "approve, first for this reader" => (
            61_885,
            7_056,
            &[HEAD, OWNER, EPOCH, ("list of holders", CHANGED_SLOT)],
        ),
        "approve, renewal" => (44_785, 7_056, &[HEAD, OWNER, EPOCH]),
        "approve by signature, first for this reader" => (
            66_849,
            8_244,
            &[HEAD, OWNER, EPOCH, ("list of holders", CHANGED_SLOT)],
        ),
        "deny" => (30_818, 1_337, &[HEAD, OWNER]),
        "cancel" => (
            30_645,
            1_337,
            &[HEAD, ("requests name another than the requester", READ)],
        ),
        "revoke without rotation" => (31_108, 1_537, &[HEAD, OWNER]),
        // Execution only, sections apart.
        "view isVerified" => (2_547, 0, &[]),
        "view hasAccess" => (7_495, 0, &[]),
        "view record" => (7_187, 0, &[]),
        "view getRequest" => (7_567, 0, &[]),
        _ => return None,
    };
    Some(Baseline { gas, data, items })
}

impl Baseline {
    /// A⁺ for a transaction of ours; `issue` and views are compared as they are.
    pub(crate) fn adjusted(&self, measured: &Measured) -> u64 {
        let extra: u64 = self.items.iter().map(|it| it.1).sum();
        if self.data == 0 {
            return self.gas + extra;
        }
        self.gas - self.data + measured.data_gas() + extra
    }

    /// How A⁺ is made up, in words.
    pub(crate) fn items(&self, measured: &Measured) -> String {
        let mut text = format!("A {}", self.gas);
        if self.data > 0 {
            let _ = write!(
                text,
                " − {} its calldata and logs + {} ours",
                self.data,
                measured.data_gas()
            );
        }
        for (what, gas) in self.items {
            let _ = write!(text, " + {gas} {what}");
        }
        text
    }
}
