//! A port's events, decoded, in the order in which they happened.

use std::collections::BTreeMap;

use alloy::primitives::B256;
use alloy::rpc::types::Log;
use alloy::sol_types::SolEventInterface;
use patientport_core::abi::IPatientPort::IPatientPortEvents;

use crate::chain::Emitted;
use crate::error::Result;
use crate::port::Port;
use crate::units::Timestamp;

/// One event of a port.
#[derive(Clone, Debug)]
pub struct PortEvent {
    /// Where and when; the timestamp is always there.
    pub emitted: Emitted,
    /// What happened.
    pub event: IPatientPortEvents,
}

/// All events of a port, oldest first. Events of a kind not known here are left out.
///
/// # Errors
/// Those of reading the log and the blocks' times.
pub async fn history(port: &Port) -> Result<Vec<PortEvent>> {
    let logs = port.chain().logs(&port.events()).await?;
    let mut times: BTreeMap<u64, Timestamp> = BTreeMap::new();
    let mut events = Vec::with_capacity(logs.len());
    for (mut emitted, event) in logs.iter().filter_map(decode) {
        let time = match (emitted.timestamp, times.get(&emitted.block)) {
            (Some(time), _) => time,
            (None, Some(time)) => *time,
            (None, None) => port.chain().timestamp_of(emitted.block).await?,
        };
        times.insert(emitted.block, time);
        emitted.timestamp = Some(time);
        events.push(PortEvent { emitted, event });
    }
    Ok(events)
}

/// The events of a port with one of these signatures, and topic 1 if one is given; oldest first.
pub(crate) async fn events_of(
    port: &Port,
    signatures: &[B256],
    topic1: Option<B256>,
) -> Result<Vec<(Emitted, IPatientPortEvents)>> {
    let mut query = port.events().with_topic(0, signatures.iter().copied());
    if let Some(topic1) = topic1 {
        query = query.with_topic(1, [topic1]);
    }
    Ok(port
        .chain()
        .logs(&query)
        .await?
        .iter()
        .filter_map(decode)
        .collect())
}

fn decode(log: &Log) -> Option<(Emitted, IPatientPortEvents)> {
    let event = IPatientPortEvents::decode_log(&log.inner).ok()?;
    Some((Emitted::of(log)?, event.data))
}
