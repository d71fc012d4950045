//! Many requests at one port. At most eight of a requester are pending at a time, so nearly all are taken back at once,
//! and the last eight of each requester wait.

use crate::{
    Failure,
    client::Client,
    people::{Town, text},
    say,
};
use alloy::primitives::hex;
use alloy::sol_types::SolCall as _;
use patientport_core::abi::IPatientPort;
use serde_json::json;
use std::time::Instant;

/// Pairs of a request and its withdrawal in a block.
const PAIRS: u32 = 200;
/// Requests of one requester that may be pending.
const PENDING: u32 = 8;
/// More than either call takes.
const GAS: &str = "0x7a1200";

/// Makes requests of both providers of a town.
pub(crate) struct Maker<'a> {
    town: &'a Town,
    client: Client,
    /// Account and calldata of each requester: what it asks for is sealed once and sent again and again.
    requesters: Vec<(String, String)>,
    made: u32,
    /// Transactions since the last block.
    sent: u64,
}

impl<'a> Maker<'a> {
    pub(crate) fn new(town: &'a Town) -> Result<Self, Failure> {
        let mut client = Client::connect(town.chain.address()?)?;
        let mut requesters = Vec::new();
        for provider in &town.providers {
            let sent = town.ask(provider)?;
            let hash = json!([sent["tx"]["hash"]]);
            let transaction = client.call("eth_getTransactionByHash", &hash)?;
            requesters.push((provider.address.clone(), text(&transaction["input"])?));
            let id = sent["id"].to_string();
            provider.run(&["request", "cancel", &id, "--port", &town.port])?;
        }
        let shown = town.patient.run(&["port", "show"])?;
        let made = shown["requests"].as_u64().ok_or("a port counts requests")?;
        Ok(Self {
            town,
            client,
            requesters,
            made: u32::try_from(made)?,
            sent: 0,
        })
    }

    /// Until there are `number` requests. Those that waited before are taken back first.
    pub(crate) fn make(&mut self, number: u32) -> Result<(), Failure> {
        let listed = self.town.patient.run(&["inbox"])?;
        let waiting = listed["requests"].as_array().ok_or("a list")?.clone();
        self.client.call("evm_setAutomine", &json!([false]))?;
        for request in waiting {
            let account = request["requester"]["account"]
                .as_str()
                .ok_or("an account")?;
            let id = u32::try_from(request["id"].as_u64().ok_or("a number")?)?;
            self.send(account, &cancel(id))?;
        }
        self.mine()?;
        let last = PENDING * u32::try_from(self.requesters.len())?;
        let started = Instant::now();
        let mut turn = 0;
        while self.made + last < number {
            let (account, ask) = self.requesters[turn % self.requesters.len()].clone();
            turn += 1;
            for _ in 0..PAIRS.min(number - last - self.made) {
                self.send(&account, &ask)?;
                self.made += 1;
                self.send(&account, &cancel(self.made))?;
            }
            self.mine()?;
            if turn % 50 == 0 {
                say(&format!(
                    "  {} after {} s",
                    self.made,
                    started.elapsed().as_secs()
                ));
            }
        }
        for (account, ask) in self.requesters.clone() {
            for _ in 0..PENDING {
                self.send(&account, &ask)?;
                self.made += 1;
            }
            self.mine()?;
        }
        self.client.call("evm_setAutomine", &json!([true]))?;
        let shown = self.town.patient.run(&["port", "show"])?;
        if shown["requests"] != json!(self.made) {
            return Err(format!("{} requests and not {}", shown["requests"], self.made).into());
        }
        Ok(())
    }

    fn send(&mut self, account: &str, data: &str) -> Result<(), Failure> {
        let transaction =
            json!({ "from": account, "to": self.town.port, "data": data, "gas": GAS });
        self.client
            .call("eth_sendTransaction", &json!([transaction]))?;
        self.sent += 1;
        Ok(())
    }

    /// Puts what was sent into a block and makes sure that all of it was.
    fn mine(&mut self) -> Result<(), Failure> {
        self.client.call("evm_mine", &json!([]))?;
        let count = self
            .client
            .number("eth_getBlockTransactionCountByNumber", &json!(["latest"]))?;
        let sent = std::mem::take(&mut self.sent);
        if count == sent {
            Ok(())
        } else {
            Err(format!("a block holds {count} of {sent} transactions").into())
        }
    }
}

/// `cancel(uint32)`.
fn cancel(id: u32) -> String {
    let call = IPatientPort::cancelCall { requestId: id };
    hex::encode_prefixed(call.abi_encode())
}
