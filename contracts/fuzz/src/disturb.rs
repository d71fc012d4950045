//! Every valid call with one thing wrong, systematically: what the fuzzer finds by luck, the ordinary
//! tests try for certain.

use crate::{
    args, port, registry,
    script::Script,
    seeds::seeds,
    subject::{Subject, run},
};

/// Words of one call beyond these are like those before.
const WORDS: usize = 40;

/// What may be wrong with a word: bits outside every type, or just outside one; the next number, the
/// number before; the end of a type.
const DISTURBANCES: [fn(&mut [u8; 32]); 12] = [
    |word| word[0] ^= 0x80,
    |word| word[4] ^= 1,
    |word| word[11] ^= 1,
    |word| word[23] ^= 1,
    |word| word[27] ^= 1,
    |word| word[30] ^= 1,
    |word| word[31] = word[31].wrapping_add(1),
    |word| word[31] = word[31].wrapping_sub(1),
    |word| word[31] = word[31].wrapping_add(32),
    |word| *word = [0; 32],
    |word| *word = [0xff; 32],
    |word| {
        *word = [0; 32];
        word[28..].fill(0xff);
    },
];

/// The calldata with each word disturbed in each way, with each length that ends within the last words, and
/// with something behind it. `head` bytes stand before the first word.
fn disturbed(calldata: &[u8], head: usize) -> impl Iterator<Item = Vec<u8>> {
    let count = calldata[head..].len().div_ceil(32).min(WORDS);
    let words = (0..count).flat_map(move |index| {
        DISTURBANCES.iter().filter_map(move |disturb| {
            let mut changed = calldata.to_vec();
            let word = changed[head..].get_mut(32 * index..)?.first_chunk_mut()?;
            disturb(word);
            Some(changed)
        })
    });
    let ends = (0..calldata.len())
        .rev()
        .take(66)
        .map(|end| calldata[..end].to_vec());
    let longer = [1, 31, 32].map(|more| [calldata, &vec![0xa5; more]].concat());
    words.chain(ends).chain(longer)
}

/// Runs every script of one call with this call disturbed.
fn disturb<S: Subject>(target: &str) {
    for seed in seeds(target).unwrap() {
        let script = Script::read(&seed.data);
        let [call] = script.calls.as_slice() else {
            continue;
        };
        let mut other = script.clone();
        for input in disturbed(&call.input, 4) {
            other.calls[0].input = input;
            run::<S>(&other.write());
        }
        let mut paid = script.clone();
        paid.calls[0].paid = true;
        let outcomes = run::<S>(&paid.write());
        assert_eq!(
            outcomes[0].answer,
            Err(Vec::new()),
            "{} takes ether",
            seed.name
        );
    }
}

#[test]
fn disturbed_calls_of_the_port() {
    disturb::<port::Port>("port");
}

#[test]
fn disturbed_calls_of_the_registry() {
    disturb::<registry::Registry>("registry");
}

#[test]
fn disturbed_tuples() {
    for seed in seeds("args").unwrap() {
        for input in disturbed(&seed.data, 1) {
            args(&input);
        }
    }
}
