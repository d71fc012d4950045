//! What activating costs in wei: a price per byte that rises with demand and decays with time
//! (Nitro, `arbos/programs/data_pricer.go`).

use super::{
    record::ARBITRUM_START,
    state::{Section, read, write},
};
use alloy_primitives::{B256, U256};
use revm::{Database, context::Journal};
use std::convert::Infallible;

/// Demand that decays in a second, in bytes.
const BYTES_PER_SECOND: u32 = 34_865;
/// Demand at which the price has risen by a factor of e, in bytes.
const INERTIA: u32 = 21_360_419;
/// Wei per byte without demand.
const MIN_PRICE: u64 = 82_928_201;
const ONE_IN_BIPS: u64 = 10_000;

const DEMAND: B256 = B256::ZERO;
const LAST_UPDATE: B256 = B256::with_last_byte(1);

/// Counts an activation of `bytes` into the demand and answers its fee in wei.
pub(crate) fn charge<DB>(journal: &mut Journal<DB>, bytes: u32, now: u64) -> U256
where
    DB: Database<Error = Infallible>,
{
    let demand: u32 = read(journal, Section::DataPricer, DEMAND).saturating_to();
    let last_update: u64 = read(journal, Section::DataPricer, LAST_UPDATE).saturating_to();
    let last_update = last_update.max(ARBITRUM_START);
    let (demand, fee) = price(demand, now.saturating_sub(last_update), bytes);
    write(journal, Section::DataPricer, DEMAND, U256::from(demand));
    write(journal, Section::DataPricer, LAST_UPDATE, U256::from(now));
    fee
}

/// The new demand in bytes and the fee in wei.
fn price(demand: u32, elapsed_secs: u64, bytes: u32) -> (u32, U256) {
    let elapsed = u32::try_from(elapsed_secs).unwrap_or(u32::MAX);
    let demand = demand
        .saturating_sub(BYTES_PER_SECOND.saturating_mul(elapsed))
        .saturating_add(bytes);
    let exponent = ONE_IN_BIPS * u64::from(demand) / u64::from(INERTIA);
    let per_byte = u128::from(MIN_PRICE) * u128::from(exp_bips(exponent)) / u128::from(ONE_IN_BIPS);
    let per_byte = u64::try_from(per_byte).unwrap_or(u64::MAX);
    (
        demand,
        U256::from(per_byte.saturating_mul(u64::from(bytes))),
    )
}

/// `10 000 · e^(x / 10 000)`: the Taylor series to degree 12 in Horner form.
fn exp_bips(x: u64) -> u64 {
    let mut result = ONE_IN_BIPS + x / 12;
    for i in (1..12).rev() {
        result = ONE_IN_BIPS + result.saturating_mul(x) / (i * ONE_IN_BIPS);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_that_of_the_series() {
        assert_eq!(exp_bips(0), 10_000);
        assert_eq!(exp_bips(10_000), 27_182);
        // e^0.028 = 1.0283…
        assert_eq!(exp_bips(280), 10_283);
    }

    #[test]
    fn a_first_activation_of_600_kb_costs_about_5e13_wei() {
        let (demand, fee) = price(0, 0, 600_000);
        assert_eq!(demand, 600_000);
        // exponent = 280 bips, price = 82 928 201 · 10 283 / 10 000 = 85 275 069
        assert_eq!(fee, U256::from(85_275_069_u64 * 600_000));
    }

    #[test]
    fn demand_decays_and_the_fee_with_it() {
        let (demand, first) = price(0, 0, 600_000);
        let (risen, second) = price(demand, 0, 600_000);
        assert_eq!(risen, 1_200_000);
        assert!(second > first);
        let (_, later) = price(risen, 3_600, 600_000);
        assert_eq!(later, first);
    }
}
