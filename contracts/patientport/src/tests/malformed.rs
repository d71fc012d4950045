//! Calldata that is no encoding of a call, for every argument of every function: refused without data,
//! as Solidity's decoder would, and never a trap. The arguments are taken from the functions' signatures,
//! so a new function is covered by its case in [`super::surface`].

use super::{
    surface::{Case, cases},
    *,
};

/// The types of a tuple's members: `(a,b[],(c,d))` without the outer parentheses.
fn members(tuple: &str) -> Vec<&str> {
    let mut members = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (at, letter) in tuple.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                members.push(&tuple[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if start < tuple.len() {
        members.push(&tuple[start..]);
    }
    members
}

fn inside(tuple: &str) -> &str {
    tuple.strip_prefix('(').unwrap().strip_suffix(')').unwrap()
}

/// One word of an encoding and what it is.
#[derive(Debug)]
enum Word {
    /// A number of so many bytes, right-aligned, or an account.
    Small(usize),
    /// A number of 32 bytes that the port takes up to eight of.
    Nonce,
    /// Four bytes, left-aligned.
    Left,
    /// Any 32 bytes.
    Any,
    /// Of a dynamic member; what it points to counts from this byte of the input.
    Offset(usize),
    /// Of a `bytes` or a list of single words, or of tuples.
    Length { of_tuples: bool },
}

/// Where every word of a tuple's encoding lies that the type gives a meaning to; `base` is its first byte.
fn walk(input: &[u8], base: usize, tuple: &str, found: &mut Vec<(usize, Word)>) {
    let number = |at: usize| {
        let low: [u8; 8] = input[at + 24..at + 32].try_into().unwrap();
        u64::from_be_bytes(low) as usize
    };
    for (index, member) in members(tuple).into_iter().enumerate() {
        let at = base + index * 32;
        let target = || base + number(at);
        match member {
            "address" => found.push((at, Word::Small(20))),
            "bool" => found.push((at, Word::Small(0))),
            "bytes32" => found.push((at, Word::Any)),
            "bytes4" => found.push((at, Word::Left)),
            "uint256" => found.push((at, Word::Nonce)),
            "bytes" => {
                found.push((at, Word::Offset(base)));
                found.push((target(), Word::Length { of_tuples: false }));
            }
            list if list.ends_with("[]") => {
                let (element, list) = (&list[..list.len() - 2], target());
                let of_tuples = element.starts_with('(');
                found.push((at, Word::Offset(base)));
                found.push((list, Word::Length { of_tuples }));
                let elements = alloc::vec![element; number(list)].join(",");
                walk(input, list + 32, &elements, found);
            }
            tuple if tuple.starts_with('(') => {
                found.push((at, Word::Offset(base)));
                walk(input, target(), inside(tuple), found);
            }
            uint => {
                let bits: usize = uint.strip_prefix("uint").unwrap().parse().unwrap();
                found.push((at, Word::Small(bits / 8)));
            }
        }
    }
}

fn words(case: &Case) -> Vec<(usize, Word)> {
    let name = case.signature.find('(').unwrap();
    let mut found = Vec::new();
    walk(&case.input, 4, inside(&case.signature[name..]), &mut found);
    found
}

fn with(input: &[u8], at: usize, word: U256) -> Vec<u8> {
    let mut changed = input.to_vec();
    changed[at..at + 32].copy_from_slice(&word.to_be_bytes::<32>());
    changed
}

#[track_caller]
fn refused_silently(case: &Case, input: Vec<u8>, why: &str) {
    let answer = case.world.fork().send(case.caller, input);
    assert_eq!(answer, Err(Vec::new()), "{}: {why}", case.signature);
}

#[test]
fn the_signatures_are_read_right() {
    assert_eq!(members("a,(b,c[])[],d"), ["a", "(b,c[])[]", "d"]);
    assert!(members("").is_empty());
    let with_rotation = cases()
        .into_iter()
        .find(|case| case.signature.starts_with("setDelegate"))
        .unwrap();
    // Five words and an offset; of the rotation six; two epochs and two keys with their lengths; the
    // length of the links; two messages with offsets, members and lengths.
    assert_eq!(words(&with_rotation).len(), 6 + 6 + 3 + 3 + 1 + 1 + 2 * 4);
}

#[test]
fn bits_outside_a_type_are_refused() {
    for case in cases() {
        for (at, word) in words(&case) {
            let present = U256::from_be_slice(&case.input[at..at + 32]);
            let outside: Vec<U256> = match word {
                // A bool is a number below two.
                Word::Small(0) => [1, 2, 7, 8, 255].map(|bit| U256::from(1) << bit).into(),
                Word::Small(bytes) => [bytes * 8, bytes * 8 + 1, 128, 192, 255]
                    .into_iter()
                    .filter(|bit| *bit >= bytes * 8)
                    .map(|bit| U256::from(1) << bit)
                    .collect(),
                Word::Nonce => [64, 128, 255].map(|bit| U256::from(1) << bit).into(),
                Word::Left => [0, 7, 128, 223].map(|bit| U256::from(1) << bit).into(),
                Word::Offset(_) | Word::Length { .. } => {
                    [32, 64, 255].map(|bit| U256::from(1) << bit).into()
                }
                Word::Any => Vec::new(),
            };
            for bits in outside {
                let changed = with(&case.input, at, present | bits);
                refused_silently(&case, changed, &alloc::format!("{word:?} at {at}"));
            }
        }
    }
}

#[test]
fn offsets_lead_into_the_data() {
    for case in cases() {
        for (at, word) in words(&case) {
            let Word::Offset(base) = word else { continue };
            let end = case.input.len() - base;
            // To the end there is no length any more; before it, a part of one.
            for offset in [end - 31, end - 1, end, end + 1, 1 << 20, u32::MAX as usize] {
                let changed = with(&case.input, at, U256::from(offset));
                refused_silently(&case, changed, &alloc::format!("offset {offset} at {at}"));
            }
        }
    }
}

#[test]
fn lengths_end_within_the_data() {
    for case in cases() {
        for (at, word) in words(&case) {
            let Word::Length { of_tuples } = word else {
                continue;
            };
            let rest = case.input.len() - at - 32;
            for length in [rest + 1, 1 << 20, u32::MAX as usize] {
                let changed = with(&case.input, at, U256::from(length));
                if of_tuples {
                    // Recipients are counted before they are looked for.
                    let answer = case.world.fork().send(case.caller, changed);
                    let many = abi::TooManyRecipients {
                        given: length as u32,
                        max: 17,
                    };
                    assert_eq!(answer, Err(many.abi_encode()), "{}", case.signature);
                } else {
                    refused_silently(&case, changed, &alloc::format!("length {length}"));
                }
            }
            if of_tuples {
                // One more than there are: its offset is what follows, or nothing.
                let present = U256::from_be_slice(&case.input[at..at + 32]);
                let changed = with(&case.input, at, present + U256::from(1));
                assert!(case.world.fork().send(case.caller, changed).is_err());
            }
        }
    }
}

#[test]
fn no_prefix_of_a_call_is_a_call() {
    for case in cases() {
        for length in 0..case.input.len() {
            let prefix = case.input[..length].to_vec();
            refused_silently(&case, prefix, &alloc::format!("{length} bytes"));
        }
    }
}

#[test]
fn padding_behind_bytes_is_not_read_and_not_passed_on() {
    let mut world = World::claimed();
    let clean = request(SPECIALIST).abi_encode();
    let mut dirty = clean.clone();
    *dirty.last_mut().unwrap() = 0xff;
    let mut cut = clean.clone();
    cut.truncate(clean.len() - 26);
    for input in [clean, dirty, cut] {
        let made = abi::RequestMade {
            requestId: 1,
            requester: SPECIALIST,
            recipient: SPECIALIST,
            message: Bytes::from_static(b"please"),
        };
        let mut world = world.fork();
        world.send(SPECIALIST, input).unwrap();
        assert_eq!(world.logs(), [log(&made)]);
    }
    world.logs();
}

#[test]
fn encodings_in_another_order_mean_the_same() {
    // Tails are found by their offsets: here the message of a request lies a word further on.
    let mut world = World::claimed();
    let input = request(SPECIALIST).abi_encode();
    let mut moved = with(&input, 4 + 32, U256::from(96));
    let at = 4 + 64;
    moved.splice(at..at, [0xee; 32]);
    world.send(SPECIALIST, moved).unwrap();
    let made = abi::RequestMade {
        requestId: 1,
        requester: SPECIALIST,
        recipient: SPECIALIST,
        message: Bytes::from_static(b"please"),
    };
    assert_eq!(world.logs(), [log(&made)]);
}

#[test]
fn no_word_of_a_call_makes_the_port_trap() {
    for case in cases() {
        let length = case.input.len();
        for at in (4..length).step_by(32) {
            for value in [
                U256::ZERO,
                U256::from(1),
                U256::from(32),
                U256::from(length),
                U256::from(u32::MAX),
                U256::from(u64::MAX),
                U256::MAX,
            ] {
                let end = (at + 32).min(length);
                let mut changed = case.input.clone();
                changed[at..end].copy_from_slice(&value.to_be_bytes::<32>()[..end - at]);
                let _ = case.world.fork().send(case.caller, changed);
            }
        }
    }
}
