//! The reader of arguments against alloy's decoder, on the shapes that the interfaces use and on some that
//! they do not.

use alloy_primitives::{B256, Bytes};
use alloy_sol_types::{SolType, sol_data};
use patientport_abi::IPatientPort::{Rotation, Sealed};
use patientport_kit::{Args, Malformed, small};

/// Reads what follows the first byte as the tuple that the first byte chooses. Panics unless both readers
/// refuse it, or read the same; returns whether they take it.
pub fn args(data: &[u8]) -> bool {
    let Some((shape, data)) = data.split_first() else {
        return false;
    };
    SHAPES[usize::from(*shape) % SHAPES.len()](data)
}

/// Checks one shape, given as its type and how the contracts' reader reads it; returns whether it is taken.
macro_rules! shape {
    ($shape:ty, $read:expr) => {
        |data| {
            let read: fn(&mut Args<'_>) -> Result<_, Malformed> = $read;
            let ours = read(&mut Args::new(data)).ok();
            let theirs = <$shape>::abi_decode_params_validate(data).ok();
            assert_eq!(ours, theirs, "of {}", Bytes::copy_from_slice(data));
            let Some(value) = ours else { return false };
            let canonical = <$shape>::abi_encode_params(&value);
            assert_eq!(read(&mut Args::new(&canonical)), Ok(value));
            true
        }
    };
}

/// A check for each shape.
const SHAPES: [fn(&[u8]) -> bool; 9] = [
    shape!(Flat, flat),
    shape!(Text, |args| Ok((bytes(args)?,))),
    shape!(Texts, |args| Ok((bytes(args)?, args.u8()?, bytes(args)?))),
    shape!(Numbers, |args| Ok((numbers(args)?,))),
    shape!(Hashes, |args| Ok((hashes(args)?, args.bool()?))),
    shape!(Sealeds, |args| Ok((sealed(args)?,))),
    shape!(One, |args| Ok((rotation(args)?,))),
    shape!(Two, |args| Ok((
        args.u64()?,
        rotation(args)?,
        rotation(args)?,
        bytes(args)?
    ))),
    shape!(List, |args| {
        let (length, mut list) = args.list()?;
        let texts = (0..length).map(|_| bytes(&mut list));
        Ok((texts.collect::<Result<_, _>>()?,))
    }),
];

/// Everything that takes one word.
pub(crate) type Flat = (
    sol_data::Uint<8>,
    sol_data::Uint<32>,
    sol_data::Uint<64>,
    sol_data::Bool,
    sol_data::Address,
    sol_data::FixedBytes<4>,
    sol_data::FixedBytes<32>,
);
pub(crate) type Text = (sol_data::Bytes,);
pub(crate) type Texts = (sol_data::Bytes, sol_data::Uint<8>, sol_data::Bytes);
pub(crate) type Numbers = (sol_data::Array<sol_data::Uint<32>>,);
pub(crate) type Hashes = (sol_data::Array<sol_data::FixedBytes<32>>, sol_data::Bool);
pub(crate) type Sealeds = (sol_data::Array<Sealed>,);
pub(crate) type One = (Rotation,);
pub(crate) type Two = (sol_data::Uint<64>, Rotation, Rotation, sol_data::Bytes);
pub(crate) type List = (sol_data::Array<sol_data::Bytes>,);

fn flat(args: &mut Args<'_>) -> Result<<Flat as SolType>::RustType, Malformed> {
    Ok((
        args.u8()?,
        args.u32()?,
        args.u64()?,
        args.bool()?,
        args.account()?,
        args.bytes4()?.to_be_bytes().into(),
        args.hash()?,
    ))
}

fn bytes(args: &mut Args<'_>) -> Result<Bytes, Malformed> {
    args.bytes().map(Bytes::copy_from_slice)
}

fn numbers(args: &mut Args<'_>) -> Result<Vec<u32>, Malformed> {
    let words = args.words()?.iter();
    words
        .map(|word| small(word, u32::MAX.into()).map(|number| number as u32))
        .collect()
}

fn hashes(args: &mut Args<'_>) -> Result<Vec<B256>, Malformed> {
    Ok(args.words()?.iter().map(B256::from).collect())
}

fn sealed(args: &mut Args<'_>) -> Result<Vec<Sealed>, Malformed> {
    let (length, mut list) = args.list()?;
    (0..length)
        .map(|_| {
            let mut one = list.tuple()?;
            Ok(Sealed {
                recipient: one.account()?,
                message: bytes(&mut one)?,
            })
        })
        .collect()
}

fn rotation(args: &mut Args<'_>) -> Result<Rotation, Malformed> {
    let mut one = args.tuple()?;
    Ok(Rotation {
        sections: one.u64()?,
        epochs: numbers(&mut one)?,
        keys: hashes(&mut one)?,
        parities: one.u64()?,
        links: bytes(&mut one)?,
        sealed_: sealed(&mut one)?,
    })
}
