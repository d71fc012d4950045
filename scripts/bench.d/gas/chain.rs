//! A Stylus chain with the contracts on it, and what a transaction costs there. Any chain: nothing is asked of its node
//! but the methods that every node has, unless traces are wanted.

use crate::{
    baseline::INTRINSIC,
    endpoint::{Endpoint, Failure, quantity},
    people::People,
    story::Measured,
};
use alloy::{
    consensus::{SignableTransaction as _, TxEip1559, TxEnvelope},
    eips::{eip2718::Encodable2718 as _, eip2930::AccessList},
    primitives::{Address, B256, Bytes, TxKind, U256, address, hex, keccak256},
    signers::{SignerSync as _, local::PrivateKeySigner},
    sol,
    sol_types::{SolCall, SolValue},
};
use patientport_abi::IRegistry;
use serde_json::{Value, json};
use std::{
    error::Error,
    fmt,
    path::Path,
    time::{Duration, Instant},
};

const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");
const ARB_WASM_CACHE: Address = address!("0000000000000000000000000000000000000072");
/// Selector of a Stylus constructor.
const CONSTRUCTOR: [u8; 4] = hex!("5585258d");
/// Gas limit of an operation; none needs a tenth of it, the rest is for what a parent chain charges.
const OPERATION_GAS: u64 = 2_000_000;
/// Of creating and activating a program, below the 32 M that a transaction may use.
const PROGRAM_GAS: u64 = 30_000_000;
/// Of a transfer, what a parent chain charges included.
const TRANSFER_GAS: u64 = 100_000;
/// Wei with which two programs are activated: some 5·10¹³ each, more the more is activated. What is left comes back.
const ACTIVATION: u128 = 4_000_000_000_000_000;
/// Longest a transaction may take to be mined, and the pause between two looks for its receipt.
const PATIENCE: Duration = Duration::from_mins(2);
const PAUSE: Duration = Duration::from_millis(50);

sol! {
    function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
    function codehashVersion(bytes32 codehash) external view returns (uint16 version);
    function stylusVersion() external view returns (uint16 version);
    function cacheProgram(address program) external;
    function evictCodehash(bytes32 codehash) external;
    function codehashIsCached(bytes32 codehash) external view returns (bool cached);
}

/// A transaction that the chain mined and undid, or that the account which shall pay cannot.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Refused {}

/// A program on the chain.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Program {
    pub(crate) address: Address,
    code_hash: B256,
}

/// A chain, and who acts on it.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) node: Endpoint,
    /// Chain id (EIP-155).
    id: u64,
    /// Whose ether everybody lives on.
    payer: PrivateKeySigner,
    people: People,
    /// Wei per gas that is paid at most.
    fee: u128,
    /// Second that all dates of the story are counted from.
    time: u64,
    traces: bool,
    pub(crate) owner: Address,
    pub(crate) registry: Address,
    /// The registry and the implementation of ports.
    pub(crate) programs: [Program; 2],
}

impl Chain {
    /// A chain as it is. `payer` funds the people whom `salt` gives; nobody may have used it there before.
    pub(crate) fn connect(url: &str, payer: PrivateKeySigner, salt: &str) -> Result<Self, Failure> {
        let node = Endpoint::new(url)?;
        let block = node.call("eth_getBlockByNumber", &json!(["latest", false]))?;
        let people = People::new(salt)?;
        Ok(Self {
            id: node.number("eth_chainId", &json!([]))?,
            payer,
            fee: u128::from(quantity(&block["baseFeePerGas"])?) * 2,
            time: quantity(&block["timestamp"])?,
            traces: false,
            owner: people.named("owner").address,
            people,
            registry: Address::ZERO,
            programs: Default::default(),
            node,
        })
    }

    /// Takes down ink and slots as well, which needs a node with `debug_traceTransaction` and its `stylusTracer`.
    #[must_use]
    pub(crate) fn with_traces(mut self) -> Self {
        self.traces = true;
        self
    }

    pub(crate) fn chain_id(&self) -> u64 {
        self.id
    }

    /// The second that dates are counted from: the newest block's when the chain was met, or a later one.
    pub(crate) fn now(&self) -> u64 {
        self.time
    }

    /// Counts dates from another second, so that they are the same on two chains.
    pub(crate) fn count_from(&mut self, time: u64) {
        self.time = time;
    }

    /// The account of somebody in the story.
    pub(crate) fn account(&self, name: &str) -> Address {
        self.people.named(name).address
    }

    /// What somebody signs: 65 bytes.
    pub(crate) fn sign(&self, name: &str, digest: B256) -> Result<Bytes, Failure> {
        let signature = self.people.named(name).signer.sign_hash_sync(&digest)?;
        Ok(signature.as_bytes().into())
    }

    /// Funds everybody and deploys what `scripts/build-contracts` has built.
    pub(crate) fn deploy(&mut self, contracts: &Path) -> Result<(), Failure> {
        self.fund_everybody()?;
        let owner = self.owner;
        let registry = self.program(contracts, "registry")?;
        self.registry = registry.address;
        let mut construct = CONSTRUCTOR.to_vec();
        construct.extend(owner.abi_encode());
        self.send(owner, self.registry, construct)?;
        let port = self.program(contracts, "patientport")?;
        let set = IRegistry::setPortImplementationCall {
            implementation: port.address,
        };
        self.send(owner, self.registry, set.abi_encode())?;
        self.programs = [registry, port];
        Ok(())
    }

    /// One transaction of the account that pays; the bank hands out the rest.
    fn fund_everybody(&mut self) -> Result<(), Failure> {
        let (payer, bank) = (self.payer.address(), self.people.bank());
        let paid_for = self.people.paid_for();
        let transfers = TRANSFER_GAS * (paid_for.len() as u64 + 1);
        let gas = transfers + 2 * PROGRAM_GAS + paid_for.iter().map(|it| it.1).sum::<u64>();
        let wei = u128::from(gas) * self.fee + ACTIVATION;
        let balance = self
            .node
            .call("eth_getBalance", &json!([payer, "latest"]))?;
        let balance: U256 = serde_json::from_value(balance)?;
        let least = U256::from(wei + u128::from(TRANSFER_GAS) * self.fee);
        if balance < least {
            return Err(Refused(format!(
                "the account {payer} has {balance} wei at {}, and this takes up to {least}",
                self.node.shown()
            ))
            .into());
        }
        self.transfer(payer, bank, U256::from(wei))?;
        for (to, gas) in paid_for {
            self.transfer(bank, to, U256::from(u128::from(gas) * self.fee))?;
        }
        Ok(())
    }

    /// Pays for so much gas of somebody in the story.
    pub(crate) fn fund(&mut self, name: &str, gas: u64) -> Result<(), Failure> {
        let (payer, to) = (self.payer.address(), self.account(name));
        self.transfer(payer, to, U256::from(u128::from(gas) * self.fee))
    }

    /// Sends what everybody has left back to the account that paid.
    pub(crate) fn settle(&mut self) -> Result<(), Failure> {
        let (payer, bank) = (self.payer.address(), self.people.bank());
        let all = self.people.paid_for().into_iter().map(|it| it.0);
        for from in all.chain([bank]).collect::<Vec<_>>() {
            let balance = self.node.call("eth_getBalance", &json!([from, "latest"]))?;
            let balance: U256 = serde_json::from_value(balance)?;
            let kept = U256::from(u128::from(TRANSFER_GAS) * self.fee);
            if balance > kept {
                self.transfer(from, payer, balance - kept)?;
            }
        }
        Ok(())
    }

    fn transfer(&mut self, from: Address, to: Address, wei: U256) -> Result<(), Failure> {
        let to = TxKind::Call(to);
        self.transaction(from, to, wei, TRANSFER_GAS, Bytes::new())
            .map(drop)
    }

    /// Creates a program, and activates it unless somebody has activated the same code before. The owner's nonces, and
    /// so the addresses, do not depend on that.
    fn program(&mut self, contracts: &Path, name: &str) -> Result<Program, Failure> {
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
        init.extend(&code);
        let (owner, bank) = (self.owner, self.people.bank());
        let create = self.transaction(owner, TxKind::Create, U256::ZERO, PROGRAM_GAS, init.into());
        let program = Program {
            address: serde_json::from_value(create?["contractAddress"].clone())?,
            code_hash: keccak256(&code),
        };
        let current = self.ask(ARB_WASM, &stylusVersionCall {})?;
        let codehash = program.code_hash;
        // Refused for a program that was never activated, or too long ago.
        let active = self.ask(ARB_WASM, &codehashVersionCall { codehash });
        if active.ok() != Some(current) {
            let activate = activateProgramCall {
                program: program.address,
            };
            let half = U256::from(ACTIVATION / 2);
            let to = TxKind::Call(ARB_WASM);
            self.transaction(bank, to, half, PROGRAM_GAS, activate.abi_encode().into())?;
        }
        Ok(program)
    }

    /// Which of the two programs stand in the chain's cache.
    pub(crate) fn cached(&self) -> Result<[bool; 2], Failure> {
        let [registry, port] = self.programs.map(|program| {
            let codehash = program.code_hash;
            self.ask(ARB_WASM_CACHE, &codehashIsCachedCall { codehash })
        });
        Ok([registry?, port?])
    }

    /// Puts a program into the chain's cache or takes it out, which the account that pays must be allowed to do.
    pub(crate) fn set_cached(&mut self, program: usize, cached: bool) -> Result<(), Failure> {
        let Program { address, code_hash } = self.programs[program];
        let call = if cached {
            cacheProgramCall { program: address }.abi_encode()
        } else {
            let codehash = code_hash;
            evictCodehashCall { codehash }.abi_encode()
        };
        let from = self.payer.address();
        // Asked first: whoever may not do it loses all the gas of the transaction.
        let asked = json!({"from": from, "to": ARB_WASM_CACHE, "data": Bytes::from(call.clone())});
        self.node.call("eth_call", &json!([asked, "latest"]))?;
        self.send(from, ARB_WASM_CACHE, call).map(drop)
    }

    /// Sends a call that must succeed; its receipt.
    pub(crate) fn send(
        &mut self,
        from: Address,
        to: Address,
        data: Vec<u8>,
    ) -> Result<Value, Failure> {
        let to = TxKind::Call(to);
        self.transaction(from, to, U256::ZERO, OPERATION_GAS, data.into())
    }

    fn transaction(
        &mut self,
        from: Address,
        to: TxKind,
        value: U256,
        gas_limit: u64,
        input: Bytes,
    ) -> Result<Value, Failure> {
        let (signer, nonce) = match self.people.at(from) {
            Some(person) => {
                person.nonce += 1;
                (&person.signer, person.nonce - 1)
            }
            // Others may use the account that pays.
            None => (
                &self.payer,
                self.node
                    .number("eth_getTransactionCount", &json!([from, "pending"]))?,
            ),
        };
        let transaction = TxEip1559 {
            chain_id: self.id,
            nonce,
            gas_limit,
            max_fee_per_gas: self.fee,
            max_priority_fee_per_gas: 0,
            to,
            value,
            access_list: AccessList::default(),
            input,
        };
        let signature = signer.sign_hash_sync(&transaction.signature_hash())?;
        let envelope = TxEnvelope::from(transaction.into_signed(signature));
        let raw = Bytes::from(envelope.encoded_2718());
        let hash = self.node.call("eth_sendRawTransaction", &json!([raw]))?;
        let receipt = self.receipt(&hash)?;
        if receipt["status"] != json!("0x1") {
            let shown = self.node.shown();
            return Err(Refused(format!("the transaction {hash} fails at {shown}")).into());
        }
        Ok(receipt)
    }

    /// Asks for a receipt until it is there.
    fn receipt(&self, hash: &Value) -> Result<Value, Failure> {
        let asked = Instant::now();
        loop {
            let receipt = self
                .node
                .call("eth_getTransactionReceipt", &json!([hash]))?;
            if !receipt.is_null() {
                return Ok(receipt);
            }
            if asked.elapsed() > PATIENCE {
                let (shown, secs) = (self.node.shown(), PATIENCE.as_secs());
                return Err(format!("{shown} did not mine {hash} within {secs} s").into());
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Sends a call and takes down what it costs, without what a parent chain charges for its bytes.
    pub(crate) fn measure(
        &mut self,
        name: &str,
        from: Address,
        to: Address,
        data: Vec<u8>,
    ) -> Result<Measured, Failure> {
        let calldata = calldata_gas(&data);
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
        let mut measured = Measured {
            name: name.to_owned(),
            gas: gas_of(&receipt)?,
            calldata,
            log_gas,
            log_bytes,
            ..Measured::default()
        };
        if self.traces {
            let hash = &receipt["transactionHash"];
            (
                measured.new_slots,
                measured.changed_slots,
                measured.code_bytes,
            ) = self.state(hash)?;
            measured.ink = self.ink(hash)?;
        }
        Ok(measured)
    }

    /// Slots that a transaction wrote for the first time, others it changed, and bytes of code it created.
    fn state(&self, transaction: &Value) -> Result<(u64, u64, u64), Failure> {
        let config = json!({"tracer": "prestateTracer", "tracerConfig": {"diffMode": true}});
        let states = self
            .node
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
    fn ink(&self, transaction: &Value) -> Result<u64, Failure> {
        let config = json!({"tracer": "stylusTracer"});
        let steps = self
            .node
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

    /// Gas that a view executes with, without what a transaction pays on top. It is asked in a transaction: a receipt
    /// is what every node gives.
    pub(crate) fn view(
        &mut self,
        name: &str,
        to: Address,
        data: Vec<u8>,
    ) -> Result<Measured, Failure> {
        let calldata = calldata_gas(&data);
        let receipt = self.send(self.owner, to, data)?;
        Ok(Measured {
            name: name.to_owned(),
            gas: gas_of(&receipt)? - INTRINSIC - calldata,
            ..Measured::default()
        })
    }

    /// What a view answers.
    pub(crate) fn ask<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return, Failure> {
        self.ask_from(self.owner, to, call)
    }

    /// What a call would answer.
    pub(crate) fn ask_from<C: SolCall>(
        &self,
        from: Address,
        to: Address,
        call: &C,
    ) -> Result<C::Return, Failure> {
        let call = json!({"from": from, "to": to, "data": Bytes::from(call.abi_encode())});
        let answer = self.node.call("eth_call", &json!([call, "latest"]))?;
        let answer: Bytes = serde_json::from_value(answer)?;
        Ok(C::abi_decode_returns(&answer)?)
    }
}

/// Gas of a transaction's calldata.
fn calldata_gas(data: &[u8]) -> u64 {
    data.iter()
        .map(|byte| if *byte == 0 { 4 } else { 16 })
        .sum()
}

/// Gas that a transaction used on its own chain.
fn gas_of(receipt: &Value) -> Result<u64, Failure> {
    let parent = match &receipt["gasUsedForL1"] {
        Value::Null => 0,
        gas => quantity(gas)?,
    };
    Ok(quantity(&receipt["gasUsed"])? - parent)
}
