//! Bidding for the chain's program cache.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod liar;
#[expect(
    dead_code,
    reason = "shared by the tests, each of which needs a part of it"
)]
mod world;

use liar::lying;
use patientport_client::cache::{self, Manager};
use patientport_client::primitives::{Address, B256, Bytes, U256, address, keccak256};
use patientport_client::{Chain, Class};
use serde_json::{Value, json};
use world::world;

const MANAGER: Address = address!("2F8Bd4EaB69764c105aDd7dE7CB0402557a44E6f");

/// The chain, with other answers to calls of a contract.
async fn answering(chain: &Chain, contract: Address, answer: Bytes) -> Chain {
    let lie = move |method: &str, params: &Value, real: &mut Value| {
        if method == "eth_call" && params[0]["to"] == json!(contract) {
            *real = json!(answer);
        }
    };
    lying(chain, lie).await
}

#[tokio::test]
async fn a_program_is_bid_for_once_and_cheaper_to_call_afterwards() {
    let world = world().await;
    let (chain, owner) = (&world.chain, &world.owner);
    let registry = world.registry.address();
    let code_hash = keccak256(chain.code(registry).await.unwrap());
    assert_eq!(cache::manager(chain).await.unwrap(), Manager::Open(MANAGER));
    assert!(!cache::is_cached(chain, code_hash).await.unwrap());
    // There is room: any bid will do.
    let least = cache::least_bid(chain, MANAGER, registry).await.unwrap();
    assert_eq!(least, U256::ZERO);

    let call = world.registry.add_attester(Address::repeat_byte(9));
    let before = call.prepare(owner.account()).await.unwrap().gas;
    let bid = cache::bid(chain, MANAGER, registry, least);
    bid.send(&owner.signer).await.unwrap();
    assert!(cache::is_cached(chain, code_hash).await.unwrap());
    let after = call.prepare(owner.account()).await.unwrap().gas;
    assert!(after < before, "{after:?} {before:?}");

    let again = bid.send(&owner.signer).await.unwrap_err();
    assert_eq!(again.code(), "cache.cached_already");
    assert_eq!(again.class(), Class::Refused);
    let nowhere = cache::least_bid(chain, MANAGER, owner.account()).await;
    assert_eq!(nowhere.unwrap_err().class(), Class::Refused);
}

#[tokio::test]
async fn a_chain_whose_cache_takes_no_bids_is_told_apart() {
    let world = world().await;
    let cache = address!("0000000000000000000000000000000000000072");
    let encoded = |number: u64| B256::from(U256::from(number));
    let paused = encoded(1).to_vec();
    let paused = answering(&world.chain, MANAGER, paused.into()).await;
    assert_eq!(
        cache::manager(&paused).await.unwrap(),
        Manager::Paused(MANAGER)
    );
    // A manager that answers nothing; one that is no contract; none; a chain without the precompile.
    let mute = answering(&world.chain, MANAGER, Bytes::new()).await;
    let person = [encoded(32), encoded(1), world.owner.account().into_word()].concat();
    let person = answering(&world.chain, cache, person.into()).await;
    let none = [encoded(32), encoded(0)].concat();
    let none = answering(&world.chain, cache, none.into()).await;
    let other = answering(&world.chain, cache, Bytes::new()).await;
    for chain in [mute, person, none, other] {
        let found = cache::manager(&chain).await.unwrap();
        assert_eq!((found, found.address()), (Manager::None, None));
    }
    let other = answering(&world.chain, cache, Bytes::new()).await;
    assert!(!cache::is_cached(&other, B256::ZERO).await.unwrap());
}
