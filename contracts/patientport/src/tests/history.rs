//! The history head (I7). That it is the fold of all logs is checked after every call of every test; here
//! is what a client makes of it.

use alloy_primitives::b256;

use super::*;

/// What a client computes from the logs it was told, with their times.
fn folded(logs: &[(LogData, u64)]) -> B256 {
    logs.iter()
        .fold(B256::ZERO, |head, (log, time)| fold(head, log, *time))
}

/// A short life, with the time of every log.
fn life() -> (B256, Vec<(LogData, u64)>) {
    let mut world = World::issued();
    let mut told = Vec::new();
    let mut note = |world: &mut World| {
        let now = world.now();
        told.extend(world.logs().into_iter().map(|log| (log, now)));
    };
    world.does(PATIENT, &claim(rotation(0b11, &[0, 0])));
    note(&mut world);
    world.wait(60);
    world.does(SPECIALIST, &request(SPECIALIST));
    world.does(PATIENT, &deny(1, 1));
    note(&mut world);
    world.wait(60);
    world.does(PRIMARY, &add(0, 1));
    note(&mut world);
    (world.info().historyHead, told)
}

#[test]
fn the_logs_and_their_times_make_the_head() {
    let (head, told) = life();
    assert_eq!(told.len(), 6);
    assert_eq!(folded(&told), head);
    assert_eq!(head[..5], [0, 0, 0, 0, 6]);
    // Any other implementation comes to the same.
    let expected = b256!("0000000006b18f94879f337112a4b4f74c97f82ae565c6930a1ee6aab972a5a3");
    assert_eq!(head, expected);
}

#[test]
fn what_is_hidden_moved_or_altered_makes_another_head() {
    let (head, told) = life();
    for at in 0..told.len() {
        let mut hidden = told.clone();
        hidden.remove(at);
        assert_ne!(folded(&hidden), head);
        let mut later = told.clone();
        later[at].1 += 1;
        assert_ne!(folded(&later), head);
        let mut twice = told.clone();
        twice.insert(at, told[at].clone());
        assert_ne!(folded(&twice), head);
        if at > 0 {
            let mut swapped = told.clone();
            swapped.swap(at - 1, at);
            assert_ne!(folded(&swapped), head);
        }
        // A byte of the data passed off as a topic, or the other way round.
        let (log, time) = &told[at];
        let (topics, data) = (log.topics().to_vec(), log.data.to_vec());
        if topics.len() < 4 && data.len() >= 32 {
            let mut more = topics.clone();
            more.push(B256::from_slice(&data[..32]));
            let mut shifted = told.clone();
            let log = LogData::new(more, data[32..].to_vec().into()).unwrap();
            shifted[at] = (log, *time);
            assert_ne!(folded(&shifted), head);
        }
    }
}

#[test]
fn a_refusal_and_a_view_are_no_history() {
    let mut world = World::granted();
    let head = world.info().historyHead;
    let storage = world.chain.read(|state| state.storage.clone());
    world.refuses(STRANGER, &add(0, 1), &unauthorized(STRANGER));
    // This one has changed much before it finds what is wrong.
    let late = rotation_for(STRANGER, 0b11, &[1, 1]);
    let refusal = abi::NoLiveGrant { reader: STRANGER };
    world.refuses(PATIENT, &revoke(SPECIALIST, late), &refusal);
    world.listed();
    assert_eq!(world.view(&abi::historyHeadCall {}), head);
    assert!(world.chain.read(|state| state.storage == storage));
    assert!(world.logs().is_empty());
}
