//! The embedded chain with the contracts on it, and what a transaction costs there.

use crate::{
    client::{Client, Failure, quantity},
    story::Measured,
};
use alloy_primitives::{Address, B256, Bytes, U256, address, hex, keccak256};
use alloy_sol_types::{SolCall, SolValue, sol};
use patientport_abi::IRegistry;
use serde_json::{Value, json};
use std::path::Path;
use stylus_devnode::{Config, DevNode};

const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");
const ARB_WASM_CACHE: Address = address!("0000000000000000000000000000000000000072");
/// Selector of a Stylus constructor.
const CONSTRUCTOR: [u8; 4] = hex!("5585258d");

sol! {
    function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
    function cacheProgram(address program) external;
}

/// A chain on which the registry and the implementation of ports are deployed.
pub(crate) struct Chain {
    client: Client,
    node: DevNode,
    pub(crate) registry: Address,
    pub(crate) owner: Address,
    time: u64,
}

/// An account of that name, with the bytes an address usually has.
pub(crate) fn account(name: &str) -> Address {
    Address::from_slice(&keccak256(name)[12..])
}

impl Chain {
    /// Deploys what `scripts/build-contracts` has built; `cached`: both programs stand in the chain's cache.
    pub(crate) fn start(contracts: &Path, cached: bool) -> Result<Self, Failure> {
        let node = DevNode::try_spawn(Config::test())?;
        let mut client = Client::connect(node.address())?;
        client.call("anvil_autoImpersonateAccount", &json!([true]))?;
        let owner = node.accounts()[0].signer().address();
        let time = client.call("eth_getBlockByNumber", &json!(["latest", false]))?;
        let time = quantity(&time["timestamp"])?;
        let mut chain = Self {
            client,
            node,
            registry: Address::ZERO,
            owner,
            time,
        };
        chain.registry = chain.program(contracts, "registry", cached)?;
        let mut construct = CONSTRUCTOR.to_vec();
        construct.extend(owner.abi_encode());
        chain.send(owner, chain.registry, construct)?;
        let implementation = chain.program(contracts, "patientport", cached)?;
        let registry = chain.registry;
        let set = IRegistry::setPortImplementationCall { implementation };
        chain.send(owner, registry, set.abi_encode())?;
        Ok(chain)
    }

    pub(crate) fn chain_id(&self) -> u64 {
        self.node.chain_id()
    }

    /// Block time of the next transaction.
    pub(crate) fn now(&self) -> u64 {
        self.time
    }

    /// Creates and activates a program.
    fn program(&mut self, contracts: &Path, name: &str, cached: bool) -> Result<Address, Failure> {
        let file = contracts.join(format!("{name}.code"));
        let code = std::fs::read(&file).map_err(|error| {
            format!(
                "{}: {error} (scripts/build-contracts makes it)",
                file.display()
            )
        })?;
        // Init code that returns what follows its eleven bytes.
        let length = u16::try_from(code.len())?.to_be_bytes();
        let mut init = vec![
            0x61, length[0], length[1], 0x80, 0x60, 0x0b, 0x5f, 0x39, 0x5f, 0xf3, 0x00,
        ];
        init.extend(code);
        let receipt = self.transaction(&json!({"from": self.owner, "data": Bytes::from(init)}))?;
        let program: Address = serde_json::from_value(receipt["contractAddress"].clone())?;
        self.transaction(&json!({
            "from": self.owner, "to": ARB_WASM, "value": U256::from(10).pow(U256::from(18)),
            "data": Bytes::from(activateProgramCall { program }.abi_encode()),
        }))?;
        if cached {
            self.send(
                self.owner,
                ARB_WASM_CACHE,
                cacheProgramCall { program }.abi_encode(),
            )?;
        }
        Ok(program)
    }

    /// Gives an account what it needs to send.
    pub(crate) fn fund(&mut self, account: Address) -> Result<(), Failure> {
        let wei = U256::from(10).pow(U256::from(20));
        self.client
            .call("anvil_setBalance", &json!([account, wei]))?;
        Ok(())
    }

    /// Lets time pass before the next transaction.
    pub(crate) fn wait(&mut self, secs: u64) -> Result<(), Failure> {
        self.time += secs;
        let time = self.time;
        self.client
            .call("evm_setNextBlockTimestamp", &json!([time]))?;
        Ok(())
    }

    /// Sends a call that must succeed; its receipt.
    pub(crate) fn send(
        &mut self,
        from: Address,
        to: Address,
        data: Vec<u8>,
    ) -> Result<Value, Failure> {
        self.transaction(&json!({"from": from, "to": to, "data": Bytes::from(data)}))
    }

    fn transaction(&mut self, transaction: &Value) -> Result<Value, Failure> {
        let mut transaction = transaction.clone();
        transaction["gas"] = json!("0x1c9c380");
        let hash = self
            .client
            .call("eth_sendTransaction", &json!([transaction]))?;
        let receipt = self.client.receipt(&hash)?;
        if receipt["status"] != json!("0x1") {
            return Err(format!("a transaction fails: {transaction} gives {receipt}").into());
        }
        Ok(receipt)
    }

    /// Sends a call and takes down what it costs.
    pub(crate) fn measure(
        &mut self,
        name: &str,
        from: Address,
        to: Address,
        data: Vec<u8>,
    ) -> Result<Measured, Failure> {
        let calldata = data
            .iter()
            .map(|byte| if *byte == 0 { 4 } else { 16 })
            .sum();
        let receipt = self.send(from, to, data)?;
        let (mut log_gas, mut log_bytes) = (0, 0);
        for log in receipt["logs"].as_array().ok_or("a receipt without logs")? {
            let topics = log["topics"].as_array().map_or(0, Vec::len) as u64;
            let bytes = log["data"]
                .as_str()
                .map_or(0, |data| data.len() as u64 / 2 - 1);
            log_gas += 375 * (1 + topics) + 8 * bytes;
            log_bytes += bytes;
        }
        let hash = &receipt["transactionHash"];
        let (new_slots, changed_slots, code_bytes) = self.state(hash)?;
        Ok(Measured {
            name: name.to_owned(),
            gas: quantity(&receipt["gasUsed"])?,
            ink: self.ink(hash)?,
            calldata,
            log_gas,
            log_bytes,
            new_slots,
            changed_slots,
            code_bytes,
        })
    }

    /// Slots that a transaction wrote for the first time, others it changed, and bytes of code it created.
    fn state(&mut self, transaction: &Value) -> Result<(u64, u64, u64), Failure> {
        let config = json!({"tracer": "prestateTracer", "tracerConfig": {"diffMode": true}});
        let states = self
            .client
            .call("debug_traceTransaction", &json!([transaction, config]))?;
        let (mut new, mut changed, mut code_bytes) = (0, 0, 0);
        let accounts = states["post"]
            .as_object()
            .ok_or("a trace without accounts")?;
        for (account, state) in accounts {
            let slots = state["storage"].as_object().into_iter().flatten();
            for slot in slots.map(|it| it.0) {
                let before = states["pre"][account]["storage"][slot].as_str();
                let was_zero = before.is_none_or(|word| word.parse() == Ok(B256::ZERO));
                *(if was_zero { &mut new } else { &mut changed }) += 1;
            }
            if let Some(code) = state["code"].as_str() {
                code_bytes += code.len() as u64 / 2 - 1;
            }
        }
        Ok((new, changed, code_bytes))
    }

    /// Ink between the entry of the first program and its return, everything it paid for included. Behind
    /// a clone the program runs in a frame that the clone opened.
    fn ink(&mut self, transaction: &Value) -> Result<u64, Failure> {
        let config = json!({"tracer": "stylusTracer"});
        let steps = self
            .client
            .call("debug_traceTransaction", &json!([transaction, config]))?;
        let outer = steps.as_array().ok_or("a trace without steps")?;
        let steps = match outer.as_slice() {
            [frame] => frame["steps"].as_array().ok_or("a frame without steps")?,
            _ => outer,
        };
        let ink = |step: Option<&Value>, member| step.and_then(|it| it[member].as_u64());
        let start = ink(steps.first(), "startInk");
        let end = ink(steps.last(), "endInk");
        start
            .zip(end)
            .and_then(|(start, end)| start.checked_sub(end))
            .ok_or_else(|| format!("a trace that makes no sense: {steps:?}").into())
    }

    /// Gas that a view executes with, without what a transaction would pay on top.
    pub(crate) fn view(
        &mut self,
        name: &str,
        to: Address,
        data: &[u8],
    ) -> Result<Measured, Failure> {
        let call = json!({"from": self.owner, "to": to, "data": Bytes::from(data.to_vec())});
        let config = json!({"tracer": "callTracer", "tracerConfig": {"onlyTopCall": true}});
        let frame = self
            .client
            .call("debug_traceCall", &json!([call, "latest", config]))?;
        if !frame["error"].is_null() {
            return Err(format!("{name}: {frame}").into());
        }
        let calldata: u64 = data
            .iter()
            .map(|byte| if *byte == 0 { 4 } else { 16 })
            .sum();
        let gas = quantity(&frame["gasUsed"])?;
        Ok(Measured {
            name: name.to_owned(),
            gas: gas - crate::baseline::INTRINSIC - calldata,
            ..Measured::default()
        })
    }

    /// What a view answers.
    pub(crate) fn ask<C: SolCall>(&mut self, to: Address, call: &C) -> Result<C::Return, Failure> {
        self.ask_from(self.owner, to, call)
    }

    /// What a call would answer.
    pub(crate) fn ask_from<C: SolCall>(
        &mut self,
        from: Address,
        to: Address,
        call: &C,
    ) -> Result<C::Return, Failure> {
        let call = json!({"from": from, "to": to, "data": Bytes::from(call.abi_encode())});
        let answer = self.client.call("eth_call", &json!([call, "latest"]))?;
        let answer: Bytes = serde_json::from_value(answer)?;
        Ok(C::abi_decode_returns(&answer)?)
    }
}
