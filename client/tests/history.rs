//! Reading a port's history on and on: what is new is read once, and a reorganised chain is read anew.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod liar;
#[expect(
    dead_code,
    reason = "shared by the tests, each of which needs a part of it"
)]
mod world;

use std::sync::{Arc, Mutex};

use liar::lying;
use patientport_client::history::{HistoryCache, Place, Unfit, history};
use patientport_client::port::RetractionReason;
use patientport_client::{Port, Registry};
use serde_json::{Value, json};
use world::world;

#[tokio::test]
async fn what_was_read_is_not_read_again_until_the_chain_is_reorganised() {
    let mut world = world().await;
    let clinic = world.verified_provider(1, "Primary Care", None).await;
    let patient = world.person(4);
    let claimed = world.claimed_port(&clinic, &patient, &[(0, "")]).await;

    // From where each log request for the port reads.
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let address = claimed.address();
    let listen = move |method: &str, params: &Value, _: &mut Value| {
        if method == "eth_getLogs" && params[0]["address"] == json!(address) {
            let from = params[0]["fromBlock"].as_str().unwrap().to_owned();
            seen.lock().unwrap().push(from);
        }
    };
    let chain = lying(&world.chain, listen).await;
    let honest = claimed.registry();
    let registry = Registry::known(chain, honest.address(), honest.from_block());
    let port = Port::known(&registry, address).await.unwrap();
    let asked = || std::mem::take(&mut *asked.lock().unwrap());

    let first = history(&port).await.unwrap();
    assert_eq!(asked(), [format!("{:#x}", port.from_block())]);
    let again = history(&port.clone()).await.unwrap();
    assert!(Arc::ptr_eq(&first, &again));
    assert_eq!(asked(), Vec::<String>::new());

    let snapshot: Value = world.chain.request("evm_snapshot", ()).await.unwrap();
    let record = world.add(&claimed, &clinic, 0, b"one").await;
    let last = first.events().last().unwrap().emitted.block;
    let longer = history(&port).await.unwrap();
    assert_eq!(longer.events().len(), first.events().len() + 1);
    assert_eq!(asked(), [format!("{last:#x}")]);

    // Another history of the same length, then a shorter one.
    let retraction = claimed.retract(record, RetractionReason::Erased);
    retraction.send(&clinic.signer).await.unwrap();
    history(&port).await.unwrap();
    let _: Value = world
        .chain
        .request("evm_revert", (snapshot,))
        .await
        .unwrap();
    let snapshot: Value = world.chain.request("evm_snapshot", ()).await.unwrap();
    for payload in [&b"two"[..], b"three"] {
        world.add(&claimed, &clinic, 0, payload).await;
    }
    let other = history(&port).await.unwrap();
    assert_eq!(other.head(), claimed.history_head().await.unwrap());
    assert_eq!(other.head().length(), longer.head().length() + 1);
    let _: Value = world
        .chain
        .request("evm_revert", (snapshot,))
        .await
        .unwrap();
    let shorter = history(&port).await.unwrap();
    assert_eq!(shorter.head(), first.head());
    assert_eq!(shorter.events().len(), first.events().len());
}

/// A cache in memory, and what it was told.
#[derive(Debug, Default)]
struct Memory {
    pieces: Mutex<Vec<Vec<u8>>>,
    unfit: Mutex<Vec<Unfit>>,
}

impl HistoryCache for Memory {
    fn load(&self, _: &Place) -> Vec<Vec<u8>> {
        self.pieces.lock().unwrap().clone()
    }

    fn keep(&self, _: &Place, first: usize, pieces: &[&[u8]]) {
        let mut kept = self.pieces.lock().unwrap();
        kept.truncate(first);
        kept.extend(pieces.iter().map(|piece| piece.to_vec()));
    }

    fn unfit(&self, _: &Place, _: usize, why: Unfit) {
        self.unfit.lock().unwrap().push(why);
    }
}

#[tokio::test]
async fn what_a_cache_kept_is_not_read_again_and_what_does_not_fold_is() {
    let mut world = world().await;
    let clinic = world.verified_provider(1, "Primary Care", None).await;
    let patient = world.person(4);
    let claimed = world.claimed_port(&clinic, &patient, &[(0, "")]).await;
    world.add(&claimed, &clinic, 0, b"one").await;
    let expected = history(&claimed).await.unwrap();

    let asked = Arc::new(Mutex::new(0));
    let seen = Arc::clone(&asked);
    let address = claimed.address();
    let listen = move |method: &str, params: &Value, _: &mut Value| {
        if method == "eth_getLogs" && params[0]["address"] == json!(address) {
            *seen.lock().unwrap() += 1;
        }
    };
    let chain = lying(&world.chain, listen).await;
    let honest = claimed.registry();
    let registry = Registry::known(chain, honest.address(), honest.from_block());
    let asked = || std::mem::take(&mut *asked.lock().unwrap());
    let memory = Arc::new(Memory::default());
    // Another run each time.
    let run = async || {
        let port = Port::known(&registry, address).await.unwrap();
        let told = history(&port.with_history_cache(Arc::clone(&memory) as _)).await;
        let told = told.unwrap();
        assert_eq!(told.head(), expected.head());
        assert_eq!(told.events().len(), expected.events().len());
        std::mem::take(&mut *memory.unfit.lock().unwrap())
    };
    assert_eq!((run().await, asked()), (vec![], 1), "nothing is kept yet");
    assert_eq!((run().await, asked()), (vec![], 0), "all of it is kept");
    let kept = memory.pieces.lock().unwrap().clone();
    let [piece] = kept.as_slice() else {
        panic!("a short history is one piece")
    };
    // Time, topics and data of every event are in the head; so is the order.
    let last = piece.len() - 1;
    for place in [207, 240, 300, last] {
        let mut changed = piece.clone();
        changed[place] ^= 1;
        *memory.pieces.lock().unwrap() = vec![changed];
        assert_eq!((run().await, asked()), (vec![Unfit::Damaged], 1), "{place}");
        assert_eq!(*memory.pieces.lock().unwrap(), kept);
    }
    // Heads that were invented to fit each other do not fit the events.
    let mut invented = piece.clone();
    invented[56..120].fill(0);
    *memory.pieces.lock().unwrap() = vec![invented, piece.clone()];
    assert_eq!((run().await, asked()), (vec![Unfit::Damaged], 1));
    assert_eq!(*memory.pieces.lock().unwrap(), kept);

    // A chain that went back: what was kept is overtaken, not damaged.
    let snapshot: Value = world.chain.request("evm_snapshot", ()).await.unwrap();
    world.add(&claimed, &clinic, 0, b"two").await;
    let longer = Port::known(&registry, address).await.unwrap();
    let longer = longer.with_history_cache(Arc::clone(&memory) as _);
    history(&longer).await.unwrap();
    let _: Value = world
        .chain
        .request("evm_revert", (snapshot,))
        .await
        .unwrap();
    assert_eq!(run().await, [Unfit::Overtaken]);
    assert_eq!(*memory.pieces.lock().unwrap(), kept);
}
