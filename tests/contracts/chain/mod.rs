//! A chain with the built contracts' code at hand: who calls, when, and all that comes of it.

pub(crate) mod evm;
mod rpc;

use std::{
    cell::{Cell, RefCell},
    path::Path,
};

use alloy_primitives::{Address, B256, Bytes, LogData, U256, address, hex};
use alloy_sol_types::{SolCall, SolError, SolValue as _, sol};
use serde_json::{Value, json};
use stylus_devnode::{Config, DevNode, TEST_GENESIS_TIME};

use rpc::{Question, Reply, Rpc};

/// Gas of every transaction: what a block takes.
const GAS: u64 = 30_000_000;
const OWNER_OF_CHAIN: Address = address!("3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E");
const ARB_OWNER: Address = address!("0000000000000000000000000000000000000070");
const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");

sol! {
    function setWasmExpiryDays(uint16 days) external;
    error ProgramUpToDate();
    function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
}

/// How a call ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Answer {
    Returned(Bytes),
    Reverted(Bytes),
    /// Stopped with all its gas spent, for this reason.
    Halted(String),
}

/// A log as it stands in the chain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Log {
    pub(crate) address: Address,
    pub(crate) data: LogData,
}

/// What a transaction did.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) answer: Answer,
    pub(crate) logs: Vec<Log>,
    pub(crate) gas: u64,
}

/// A chain of its own, whose clock stands until it is moved. Everybody's transactions are taken
/// without a signature.
pub(crate) struct Chain {
    rpc: RefCell<Rpc>,
    /// Time of the next block.
    now: Cell<u64>,
    node: DevNode,
}

impl Chain {
    pub(crate) fn start() -> Self {
        let node = DevNode::try_spawn(Config::test()).expect("the loopback interface has a port");
        let chain = Self {
            rpc: RefCell::new(Rpc::connect(node.address())),
            now: Cell::new(TEST_GENESIS_TIME),
            node,
        };
        chain.ask("anvil_autoImpersonateAccount", json!([true]));
        // Tests let years pass; programs would expire in the first.
        let longest = setWasmExpiryDaysCall { days: u16::MAX };
        let outcome = chain.send(OWNER_OF_CHAIN, ARB_OWNER, longest.abi_encode());
        assert!(matches!(outcome.answer, Answer::Returned(_)), "{outcome:?}");
        chain
    }

    pub(crate) fn id(&self) -> u64 {
        self.node.chain_id()
    }

    // --- asking ---------------------------------------------------------------------------------

    fn batch(&self, questions: Vec<Question>) -> Vec<Reply> {
        self.rpc.borrow_mut().batch(questions)
    }

    /// One question that must be answered.
    fn ask(&self, method: &str, params: Value) -> Value {
        let question = Question::new(method, params);
        self.batch(vec![question])
            .pop()
            .expect("one question, one answer")
            .unwrap_or_else(|fault| panic!("{method}: {fault:?}"))
    }

    // --- time and state -------------------------------------------------------------------------

    pub(crate) fn now(&self) -> u64 {
        self.now.get()
    }

    /// The next transactions happen at this time.
    pub(crate) fn set_time(&self, secs: u64) {
        self.now.set(secs);
    }

    pub(crate) fn wait(&self, secs: u64) {
        self.now.set(self.now.get() + secs);
    }

    /// Marks the present, to come back to.
    pub(crate) fn mark(&self) -> Mark {
        let id = self.ask("evm_snapshot", json!([]));
        Mark {
            id,
            now: self.now(),
        }
    }

    /// Goes back to a mark, which stays.
    pub(crate) fn go_back(&self, mark: &mut Mark) {
        let done = self.ask("evm_revert", json!([mark.id]));
        assert_eq!(done, Value::Bool(true));
        self.now.set(mark.now);
        *mark = self.mark();
    }

    pub(crate) fn fund(&self, account: Address) {
        self.ask("anvil_setBalance", json!([account, "0x3635c9adc5dea00000"]));
    }

    pub(crate) fn set_code(&self, account: Address, code: &[u8]) {
        self.ask(
            "anvil_setCode",
            json!([account, hex::encode_prefixed(code)]),
        );
    }

    pub(crate) fn code(&self, account: Address) -> Bytes {
        bytes(&self.ask("eth_getCode", json!([account, "latest"])))
    }

    pub(crate) fn set_storage(&self, account: Address, slot: B256, word: B256) {
        self.ask("anvil_setStorageAt", json!([account, slot, word]));
    }

    pub(crate) fn storage(&self, account: Address, slot: B256) -> B256 {
        let word = bytes(&self.ask("eth_getStorageAt", json!([account, slot, "latest"])));
        B256::left_padding_from(&word)
    }

    // --- calls ----------------------------------------------------------------------------------

    /// Sends a transaction, and asks before what it will answer.
    pub(crate) fn send(&self, from: Address, to: Address, data: impl Into<Bytes>) -> Outcome {
        self.send_value(from, to, data, U256::ZERO)
    }

    pub(crate) fn send_value(
        &self,
        from: Address,
        to: Address,
        data: impl Into<Bytes>,
        value: U256,
    ) -> Outcome {
        let call = json!({
            "from": from, "to": to, "data": data.into(), "value": value, "gas": format!("{GAS:#x}"),
        });
        let mut replies = self.batch(vec![
            Question::new("evm_setNextBlockTimestamp", json!([self.now()])),
            Question::new("eth_call", json!([call, "pending"])),
            Question::new("eth_sendTransaction", json!([call])),
            Question::new("eth_getBlockReceipts", json!(["latest"])),
        ]);
        let receipts = replies
            .pop()
            .expect("four answers")
            .expect("the block is there");
        if let Err(fault) = replies.pop().expect("four answers") {
            panic!("the chain takes no transaction of {from}: {fault:?}");
        }
        let answer = answer(replies.pop().expect("four answers"));
        let receipt = &receipts[0];
        let done = matches!(answer, Answer::Returned(_));
        assert_eq!(
            number(&receipt["status"]) == 1,
            done,
            "{answer:?} {receipt}"
        );
        let logs = receipt["logs"].as_array().expect("a receipt has logs");
        Outcome {
            answer,
            logs: logs.iter().map(log).collect(),
            gas: number(&receipt["gasUsed"]),
        }
    }

    /// What the same contract would answer somebody to each of these, as of the newest block.
    pub(crate) fn consider(&self, from: Address, to: Address, calls: &[Vec<u8>]) -> Vec<Answer> {
        let questions = calls.iter().map(|data| {
            let data = hex::encode_prefixed(data);
            let call = json!({"from": from, "to": to, "data": data, "gas": format!("{GAS:#x}")});
            Question::new("eth_call", json!([call, "latest"]))
        });
        self.batch(questions.collect())
            .into_iter()
            .map(answer)
            .collect()
    }

    /// Whether every program that this call enters comes back by itself: to the caller, a trap looks as a
    /// refusal without data.
    pub(crate) fn comes_back(&self, from: Address, to: Address, data: &[u8]) -> bool {
        let data = hex::encode_prefixed(data);
        let call = json!({"from": from, "to": to, "data": data, "gas": format!("{GAS:#x}")});
        let tracer = json!({"tracer": "stylusTracer"});
        let trace = self
            .ask("debug_traceCall", json!([call, "latest", tracer]))
            .to_string();
        let entered = trace.matches("\"user_entrypoint\"").count();
        assert_ne!(entered, 0, "{trace}");
        entered == trace.matches("\"user_returned\"").count()
    }

    /// Asks several contracts at once, as of the newest block.
    pub(crate) fn look(&self, calls: &[(Address, Vec<u8>)]) -> Vec<Answer> {
        let questions = calls.iter().map(|(to, data)| {
            let call =
                json!({"to": to, "data": hex::encode_prefixed(data), "gas": format!("{GAS:#x}")});
            Question::new("eth_call", json!([call, "latest"]))
        });
        self.batch(questions.collect())
            .into_iter()
            .map(answer)
            .collect()
    }

    /// What a view returns, as of the newest block.
    #[track_caller]
    pub(crate) fn view<C: SolCall>(&self, to: Address, call: &C) -> C::Return {
        match self.look(&[(to, call.abi_encode())]).remove(0) {
            Answer::Returned(output) => decode::<C>(&output),
            other => panic!("{}: {other:?}", C::SIGNATURE),
        }
    }

    // --- code -----------------------------------------------------------------------------------

    /// Creates an account of this code, whatever it is.
    pub(crate) fn create(&self, code: &[u8]) -> Address {
        // PUSH32 length, DUP1, PUSH1 42, PUSH0, CODECOPY, PUSH0, RETURN.
        let length = U256::from(code.len()).to_be_bytes::<32>();
        let tail = hex!("80602a5f395ff3");
        let mut init = [&[0x7f][..], &length, &tail].concat();
        init.resize(42, 0);
        init.extend_from_slice(code);
        let call = json!({
            "from": OWNER_OF_CHAIN, "data": hex::encode_prefixed(init), "gas": format!("{GAS:#x}"),
        });
        self.ask("eth_sendTransaction", json!([call]));
        let receipts = self.ask("eth_getBlockReceipts", json!(["latest"]));
        let created = receipts[0]["contractAddress"].as_str().expect("an account");
        created.parse().expect("an address")
    }

    /// Puts a built contract on the chain and activates it.
    pub(crate) fn deploy(&self, name: &str) -> Address {
        let program = self.create(&built(name));
        let call = activateProgramCall { program };
        let fee = U256::from(10_u64.pow(17));
        let outcome = self.send_value(OWNER_OF_CHAIN, ARB_WASM, call.abi_encode(), fee);
        // The same code may have been activated before.
        let done = matches!(outcome.answer, Answer::Returned(_));
        assert!(
            done || outcome.answer == Answer::refusal(&ProgramUpToDate {}),
            "{outcome:?}"
        );
        program
    }

    /// Calls a fresh contract's constructor, as the deployer does in the same transaction.
    pub(crate) fn construct(&self, contract: Address, owner: Address) {
        let data = [&hex!("5585258d")[..], &owner.abi_encode()].concat();
        let outcome = self.send(OWNER_OF_CHAIN, contract, data);
        assert!(matches!(outcome.answer, Answer::Returned(_)), "{outcome:?}");
    }
}

/// A moment to come back to.
#[derive(Debug)]
pub(crate) struct Mark {
    id: Value,
    now: u64,
}

impl Answer {
    /// That the call is refused with this.
    pub(crate) fn refusal(error: &impl SolError) -> Self {
        Self::Reverted(error.abi_encode().into())
    }
}

impl Outcome {
    /// What the call returned; it must have succeeded.
    #[track_caller]
    pub(crate) fn returned(&self) -> &Bytes {
        match &self.answer {
            Answer::Returned(output) => output,
            other => panic!("not done: {other:?}"),
        }
    }
}

/// Reads a result, every bit of which must be as the encoder of the type would write it.
#[track_caller]
pub(crate) fn decode<C: SolCall>(output: &[u8]) -> C::Return {
    C::abi_decode_returns_validate(output)
        .unwrap_or_else(|error| panic!("{}: {error}: {}", C::SIGNATURE, hex::encode(output)))
}

fn built(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../build/contracts")
        .join(name)
        .with_extension("code");
    std::fs::read(&path).unwrap_or_else(|error| {
        panic!(
            "cannot read `{}` ({error}): run scripts/build-contracts",
            path.display()
        )
    })
}

fn answer(reply: Reply) -> Answer {
    match reply {
        Ok(output) => Answer::Returned(bytes(&output)),
        Err(fault) if fault.code == 3 => Answer::Reverted(fault.data.unwrap_or_default()),
        Err(fault) if fault.message == "execution reverted" => Answer::Reverted(Bytes::new()),
        Err(fault) => Answer::Halted(fault.message),
    }
}

fn bytes(value: &Value) -> Bytes {
    let text = value.as_str().expect("a hexadecimal string");
    text.parse().expect("hexadecimal digits")
}

fn number(value: &Value) -> u64 {
    let text = value.as_str().expect("a quantity");
    u64::from_str_radix(text.trim_start_matches("0x"), 16).expect("hexadecimal digits")
}

fn log(value: &Value) -> Log {
    let topics = value["topics"].as_array().expect("a log has topics");
    let topics = topics
        .iter()
        .map(|topic| B256::from_slice(&bytes(topic)))
        .collect();
    let address = value["address"].as_str().expect("a log has an address");
    Log {
        address: address.parse().expect("an address"),
        data: LogData::new_unchecked(topics, bytes(&value["data"])),
    }
}
