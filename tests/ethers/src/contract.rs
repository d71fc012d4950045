//! A contract at an address, known by its ABI alone.

use crate::{
    chain::Client,
    values::{named, text, token, value},
};
use ethers::{
    abi::{Abi, RawLog, Token},
    contract::{Contract as Bound, ContractError, FunctionCall},
    types::{Address, Bytes, Log, TransactionReceipt},
};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Arc, Mutex},
};

/// An event: its name and its fields by name.
pub type Told = (String, Value);

/// Events as a test writes them down.
pub fn told<const N: usize>(events: [(&str, Value); N]) -> Vec<Told> {
    events
        .map(|(name, fields)| (name.to_owned(), fields))
        .into()
}

/// What of the interfaces was met: `function`, `event` or `error`, the contract, the name.
#[derive(Clone, Debug, Default)]
pub struct Met(Arc<Mutex<BTreeSet<[String; 3]>>>);

impl Met {
    fn add(&self, what: &str, contract: &str, name: &str) {
        let mut met = self.0.lock().expect("no test panics while it holds this");
        met.insert([what, contract, name].map(str::to_owned));
    }

    fn has(&self, what: &str, contract: &str, name: &str) -> bool {
        let met = self.0.lock().expect("no test panics while it holds this");
        met.contains(&[what, contract, name].map(str::to_owned))
    }
}

/// A contract.
#[derive(Clone, Debug)]
pub struct Contract {
    /// Where it is.
    pub address: Address,
    name: &'static str,
    /// As ethers reads the file, for encoding and decoding.
    abi: Abi,
    /// As the file says it, for the names of structs' members, which ethers drops.
    entries: Arc<Vec<Value>>,
    met: Met,
}

impl Contract {
    /// The contract whose ABI is `docs/abi/<name>.json`.
    pub fn new(name: &'static str, address: Address, met: &Met) -> Self {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../docs/abi/{name}.json"));
        let file = std::fs::read_to_string(path).expect("docs/abi has a file for each interface");
        Self {
            address,
            name,
            abi: serde_json::from_str(&file).expect("ethers reads the ABI"),
            entries: Arc::new(serde_json::from_str(&file).expect("the ABI is a list")),
            met: met.clone(),
        }
    }

    /// The same interface at another address.
    #[must_use]
    pub fn at(&self, address: Address) -> Self {
        Self {
            address,
            ..self.clone()
        }
    }

    fn entry(&self, what: &str, name: &str) -> &Value {
        let mut entries = self.entries.iter();
        entries
            .find(|it| it["type"] == what && it["name"] == name)
            .unwrap_or_else(|| panic!("the {} has no {what} `{name}`", self.name))
    }

    fn parameters(&self, what: &str, name: &str, side: &str) -> &[Value] {
        self.entry(what, name)[side]
            .as_array()
            .map_or(&[], Vec::as_slice)
    }

    fn arguments(&self, function: &str, arguments: &Value) -> Vec<Token> {
        let parameters = self.parameters("function", function, "inputs");
        let given = arguments.as_array().expect("arguments are a list");
        assert_eq!(given.len(), parameters.len(), "{function}: {arguments}");
        let pairs = parameters.iter().zip(given);
        pairs.map(|(parameter, it)| token(parameter, it)).collect()
    }

    /// The call of a function, as bytes.
    pub fn calldata(&self, function: &str, arguments: &Value) -> Bytes {
        let tokens = self.arguments(function, arguments);
        let function = self.abi.function(function).expect("the entry is there");
        let data = function.encode_input(&tokens);
        data.expect("the arguments fit the ABI").into()
    }

    /// The call of a function by somebody, not yet made.
    pub fn call(
        &self,
        by: &Arc<Client>,
        function: &str,
        arguments: &Value,
    ) -> FunctionCall<Arc<Client>, Client, Token> {
        // Of a single struct, ethers would take the members for the arguments.
        let tokens = [Token::Tuple(self.arguments(function, arguments))];
        Bound::new(self.address, self.abi.clone(), by.clone())
            .method(function, &tokens[..])
            .unwrap_or_else(|error| panic!("{function}: {error}"))
            .from(by.address())
    }

    /// Sends a transaction, which must succeed; gives what this contract said meanwhile.
    pub async fn send(&self, by: &Arc<Client>, function: &str, arguments: Value) -> Vec<Told> {
        let call = self.call(by, function, &arguments);
        let pending = match call.send().await {
            Ok(pending) => pending,
            Err(error) => panic!("{function}: {}", self.explain(&error)),
        };
        let receipt = pending.await.expect("the node answers");
        let receipt = receipt.unwrap_or_else(|| panic!("{function} was not mined"));
        assert_eq!(receipt.status, Some(1.into()), "{function}");
        self.met.add("function", self.name, function);
        self.said(&receipt)
    }

    /// What this contract says in a receipt.
    pub fn said(&self, receipt: &TransactionReceipt) -> Vec<Told> {
        let logs = receipt.logs.iter();
        logs.filter(|log| log.address == self.address)
            .map(|log| self.event(log))
            .collect()
    }

    /// What a function answers: its one value, or several by name.
    pub async fn view(&self, by: &Arc<Client>, function: &str, arguments: Value) -> Value {
        let answer = match self.call(by, function, &arguments).call().await {
            Ok(answer) => answer,
            Err(error) => panic!("{function}: {}", self.explain(&error)),
        };
        self.met.add("function", self.name, function);
        match self.parameters("function", function, "outputs") {
            [one] => value(one, &answer),
            several => panic!("{function} answers {} values", several.len()),
        }
    }

    /// Asks the node to run a call that must be refused, with this error and these fields.
    pub async fn refused(
        &self,
        by: &Arc<Client>,
        function: &str,
        arguments: Value,
        error: &str,
        fields: Value,
    ) {
        let refusal = self.call(by, function, &arguments).call().await;
        let refusal = refusal.expect_err(function);
        let data = refusal
            .as_revert()
            .unwrap_or_else(|| panic!("{function}: {refusal}"));
        assert_eq!(self.error(data), (error.to_owned(), fields), "{function}");
    }

    /// An error by name, with its fields; nothing may be left over.
    pub fn error(&self, data: &Bytes) -> Told {
        let selector = data.get(..4).unwrap_or_default();
        let mut errors = self.abi.errors.values().flatten();
        let error = errors
            .find(|it| it.signature().as_bytes()[..4] == *selector)
            .unwrap_or_else(|| panic!("the {} has no error {data}", self.name));
        let tokens = error
            .decode(&data[4..])
            .expect("the fields are as declared");
        let encoded = error.encode(&tokens).expect("they are of their types");
        assert_eq!(encoded, data.to_vec(), "{}", error.name);
        self.met.add("error", self.name, &error.name);
        let parameters = self.parameters("error", &error.name, "inputs");
        (error.name.clone(), named(parameters, &tokens))
    }

    fn explain(&self, error: &ContractError<Client>) -> String {
        match error.as_revert() {
            Some(data) if data.len() >= 4 => format!("{:?}", self.error(data)),
            _ => error.to_string(),
        }
    }

    /// An event by name, with its fields.
    pub fn event(&self, log: &Log) -> Told {
        let mut events = self.abi.events.values().flatten();
        let event = events
            .find(|it| log.topics.first() == Some(&it.signature()))
            .unwrap_or_else(|| panic!("the {} has no event {log:?}", self.name));
        let raw = RawLog {
            topics: log.topics.clone(),
            data: log.data.to_vec(),
        };
        let parsed = event.parse_log(raw).expect("the fields are as declared");
        let tokens: Vec<_> = parsed.params.into_iter().map(|it| it.value).collect();
        self.met.add("event", self.name, &event.name);
        let parameters = self.parameters("event", &event.name, "inputs");
        (event.name.clone(), named(parameters, &tokens))
    }

    /// Everything of this kind in the ABI must have been met, but for `unreachable`, which must not.
    pub fn all_met(&self, what: &str, unreachable: &[&str]) {
        let declared: BTreeSet<_> = self
            .entries
            .iter()
            .filter(|it| it["type"] == what)
            .map(|it| text(&it["name"]))
            .collect();
        for name in unreachable {
            assert!(declared.contains(name), "the {} has no {name}", self.name);
        }
        let missing: Vec<_> = declared
            .iter()
            .filter(|name| self.met.has(what, self.name, name) == unreachable.contains(name))
            .collect();
        assert!(
            missing.is_empty(),
            "{} of the {}, not met or wrongly listed: {missing:?}",
            what,
            self.name
        );
    }
}
