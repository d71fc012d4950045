//! `ArbAddressTable`: short numbers for addresses (Nitro, `arbos/addressTable`).

use super::{
    abi::ArbAddressTable::{self, ArbAddressTableCalls as Calls},
    precompile::{Failure, PrecompileCall, decode},
    state::{AddressSet, Section},
};
use alloy::rlp::{Decodable, Encodable};
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;

const TABLE: AddressSet = AddressSet(Section::AddressTable);

pub(super) fn run(call: &mut PrecompileCall<'_, '_>, calldata: &[u8]) -> Result<Vec<u8>, Failure> {
    Ok(match decode(calldata)? {
        Calls::addressExists(args) => {
            let exists = place(call, args.addr)?.is_some();
            ArbAddressTable::addressExistsCall::abi_encode_returns(&exists)
        }
        Calls::compress(args) => {
            let mut compressed = Vec::new();
            match place(call, args.addr)? {
                Some(index) => index.encode(&mut compressed),
                None => args.addr.encode(&mut compressed),
            }
            ArbAddressTable::compressCall::abi_encode_returns(&compressed.into())
        }
        Calls::decompress(args) => {
            let (addr, length) = decompress(call, &args.buf, args.offset)?;
            ArbAddressTable::decompressCall::abi_encode_returns(
                &ArbAddressTable::decompressReturn {
                    addr,
                    length: U256::from(length),
                },
            )
        }
        Calls::lookup(args) => {
            let index = place(call, args.addr)?.ok_or_else(absent)?;
            ArbAddressTable::lookupCall::abi_encode_returns(&U256::from(index))
        }
        Calls::lookupIndex(args) => {
            let index = u64::try_from(args.index).map_err(|_| absent())?;
            let addr = member(call, index)?;
            ArbAddressTable::lookupIndexCall::abi_encode_returns(&addr)
        }
        Calls::register(args) => {
            let index = register(call, args.addr)?;
            ArbAddressTable::registerCall::abi_encode_returns(&U256::from(index))
        }
        Calls::size(_) => {
            call.burn_reads(1)?;
            let length = TABLE.len(call.machine.journal());
            ArbAddressTable::sizeCall::abi_encode_returns(&U256::from(length))
        }
    })
}

fn absent() -> Failure {
    Failure::Revert(Bytes::new())
}

fn place(call: &mut PrecompileCall<'_, '_>, address: Address) -> Result<Option<u64>, Failure> {
    call.burn_reads(1)?;
    Ok(TABLE.place(call.machine.journal(), address))
}

fn member(call: &mut PrecompileCall<'_, '_>, index: u64) -> Result<Address, Failure> {
    call.burn_reads(1)?;
    if index >= TABLE.len(call.machine.journal()) {
        return Err(absent());
    }
    call.burn_reads(1)?;
    Ok(TABLE.member(call.machine.journal(), index))
}

fn register(call: &mut PrecompileCall<'_, '_>, address: Address) -> Result<u64, Failure> {
    if let Some(index) = place(call, address)? {
        return Ok(index);
    }
    // The length is read and raised, then both directions are written.
    call.burn_reads(1)?;
    for _ in 0..3 {
        call.burn_write(false)?;
    }
    let index = TABLE.len(call.machine.journal());
    TABLE.add(call.machine.journal(), address);
    Ok(index)
}

/// An address, or the number of one, in RLP at an offset, and how long that was.
fn decompress(
    call: &mut PrecompileCall<'_, '_>,
    buffer: &[u8],
    offset: U256,
) -> Result<(Address, usize), Failure> {
    let start = usize::try_from(offset).map_err(|_| absent())?;
    let rest = buffer.get(start..).ok_or_else(absent)?;
    let mut left = rest;
    let item = alloy::rlp::Header::decode_bytes(&mut left, false).map_err(|_| absent())?;
    let length = rest.len() - left.len();
    if let Ok(address) = Address::try_from(item) {
        return Ok((address, length));
    }
    let index = u64::decode(&mut &rest[..length]).map_err(|_| absent())?;
    Ok((member(call, index)?, length))
}
