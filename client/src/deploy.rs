//! Putting the contracts on a chain, step by step and resumable.
//!
//! Both contracts are created through the Stylus deployer, which creates, activates and initialises a program in
//! one transaction at an address that depends on code, arguments and salt only. So whoever runs a deployment again
//! finds what earlier runs created, even if they were cut off between a transaction and its receipt.

use alloy::primitives::{Address, B256, Bytes, U256, address, keccak256};
use alloy::sol;
use alloy::sol_types::{SolCall, SolValue};
use serde::{Deserialize, Serialize};

use crate::chain::{Call, Chain, Prepared, Signer, Transaction, TxReport};
use crate::error::{Error, Result};
use crate::registry::Registry;

sol! {
    interface IStylusDeployer {
        function deploy(bytes calldata bytecode, bytes calldata initData, uint256 initValue, bytes32 salt) external payable returns (address);
    }

    interface IArbWasm {
        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
    }
}

/// The Stylus deployer's address on every chain that has one.
pub const STYLUS_DEPLOYER: Address = address!("cEcba2F1DC234f70Dd89F2041029807F8D03A990");
const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");

/// `stylus_constructor()`: the selector that the deployer calls a new program with, whatever its arguments.
const CONSTRUCTOR: [u8; 4] = [0x55, 0x85, 0x25, 0x8d];

/// What the deployer is given for a program that has no constructor, as the code of ports: it calls none.
const NO_CONSTRUCTOR: Bytes = Bytes::new();

/// First bytes of a Stylus program's code: magic and version.
const PROGRAM_MAGIC: [u8; 3] = [0xef, 0xf0, 0x00];

/// Longest code of a contract (EIP-170).
const MAX_CODE_BYTES: usize = 24_576;

/// What makes a deployment's addresses differ from those of other programs that use the same deployer.
const SALT_LABEL: &[u8] = b"patientport/v1/deploy";

/// A program as it will stand on the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractCode {
    name: String,
    code: Bytes,
}

impl ContractCode {
    /// A program's code: `EF F0 00`, dictionary byte, compressed module.
    ///
    /// # Errors
    /// [`Error::Code`] if it is no program or longer than a contract may be.
    pub fn new(name: impl Into<String>, code: impl Into<Bytes>) -> Result<Self> {
        let (name, code) = (name.into(), code.into());
        if code.len() <= PROGRAM_MAGIC.len() + 1 || !code.starts_with(&PROGRAM_MAGIC) {
            return Err(Error::Code {
                name,
                what: "it does not begin as a Stylus program does",
            });
        }
        if code.len() > MAX_CODE_BYTES {
            return Err(Error::Code {
                name,
                what: "it is longer than 24576 bytes",
            });
        }
        Ok(Self { name, code })
    }

    /// What to call it in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The code.
    pub fn code(&self) -> &Bytes {
        &self.code
    }

    /// keccak256 of the code, as the chain shows it.
    pub fn code_hash(&self) -> B256 {
        keccak256(&self.code)
    }

    /// The init code that returns the code when a contract is created.
    ///
    /// | offset | bytes | |
    /// |---|---|---|
    /// | 0 | 33 | PUSH32 length of the code |
    /// | 33 | 9 | DUP1, PUSH1 43, PUSH1 0, CODECOPY, PUSH1 0, RETURN |
    /// | 42 | 1 | version of this layout, 0 |
    /// | 43 | | the code |
    ///
    /// The same bytes as `cargo stylus get-initcode` writes.
    pub fn init_code(&self) -> Bytes {
        const PUSH32: u8 = 0x7f;
        const TAIL: [u8; 10] = [0x80, 0x60, 0x2b, 0x60, 0x00, 0x39, 0x60, 0x00, 0xf3, 0x00];
        let length = U256::from(self.code.len()).to_be_bytes::<32>();
        [&[PUSH32][..], &length, &TAIL, &self.code].concat().into()
    }
}

/// Where a registry and its ports' implementation stand on a chain; what is known so far while it is under way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// The chain.
    pub chain_id: u64,
    /// A block before the deployment's first transaction.
    pub from_block: u64,
    /// Who owns the registry at first.
    pub owner: Address,
    /// The registry.
    pub registry: Option<Address>,
    /// keccak256 of the registry's code.
    pub registry_code_hash: B256,
    /// The implementation of ports.
    pub implementation: Option<Address>,
    /// keccak256 of the implementation's code.
    pub implementation_code_hash: B256,
    /// Whether the registry has been told of the implementation.
    pub complete: bool,
}

/// What a step of a deployment did.
#[derive(Clone, Debug)]
pub struct Step {
    /// Which step.
    pub kind: StepKind,
    /// The contract created or called.
    pub address: Address,
    /// The transaction; `None` if an earlier run had done it.
    pub report: Option<TxReport>,
}

/// The steps of a deployment, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// The registry is created.
    Registry,
    /// The implementation of ports is created.
    Implementation,
    /// The registry is told of the implementation.
    SetImplementation,
}

/// What to deploy and for whom.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The registry's code.
    pub registry: ContractCode,
    /// The port's code.
    pub port: ContractCode,
    /// Who owns the registry: the account that deploys, since only the owner can set the implementation. It can
    /// transfer the ownership afterwards.
    pub owner: Address,
    /// Tells deployments of the same code and owner apart.
    pub salt: B256,
}

impl Plan {
    /// A plan with the salt of the owner's deployment number `index`, from 0.
    pub fn new(registry: ContractCode, port: ContractCode, owner: Address, index: u32) -> Self {
        let salt = salt(owner, index);
        Self {
            registry,
            port,
            owner,
            salt,
        }
    }

    fn registry_init(&self) -> Bytes {
        [&CONSTRUCTOR[..], &self.owner.abi_encode()].concat().into()
    }

    /// Where the registry will stand.
    pub fn registry_address(&self) -> Address {
        created_address(&self.registry, &self.registry_init(), self.salt)
    }

    /// Where the implementation of ports will stand.
    pub fn implementation_address(&self) -> Address {
        created_address(&self.port, &NO_CONSTRUCTOR, self.salt)
    }
}

/// An implementation of ports, to be created by itself.
#[derive(Clone, Debug)]
pub struct Implementation {
    code: ContractCode,
    salt: B256,
}

impl Implementation {
    /// This code, created for `owner`: at the address that the owner's first deployment of it would have.
    pub fn new(code: ContractCode, owner: Address) -> Self {
        let salt = salt(owner, 0);
        Self { code, salt }
    }

    /// Where it stands, or will.
    pub fn address(&self) -> Address {
        created_address(&self.code, &NO_CONSTRUCTOR, self.salt)
    }

    /// keccak256 of its code.
    pub fn code_hash(&self) -> B256 {
        self.code.code_hash()
    }

    /// What creating it costs; `None` if it stands.
    ///
    /// # Errors
    /// As [`deploy`].
    pub async fn preview(&self, chain: &Chain, from: Address) -> Result<Option<Prepared>> {
        if stands(chain, &self.code, self.address()).await? {
            return Ok(None);
        }
        let transaction = creation(chain, from, &self.code, NO_CONSTRUCTOR, self.salt).await?;
        Ok(Some(transaction.prepare(from).await?))
    }

    /// Creates it unless it stands.
    ///
    /// # Errors
    /// As [`deploy`].
    pub async fn create(&self, chain: &Chain, signer: &Signer) -> Result<Option<TxReport>> {
        let address = self.address();
        create(
            chain,
            signer,
            &self.code,
            NO_CONSTRUCTOR,
            self.salt,
            address,
        )
        .await
    }
}

fn salt(owner: Address, index: u32) -> B256 {
    keccak256([SALT_LABEL, owner.as_slice(), &index.to_be_bytes()].concat())
}

/// The address at which the deployer creates: CREATE2 (EIP-1014) with the salt bound to the constructor's arguments.
fn created_address(code: &ContractCode, init_data: &[u8], salt: B256) -> Address {
    let bound = keccak256([salt.as_slice(), init_data].concat());
    STYLUS_DEPLOYER.create2_from_code(bound, code.init_code())
}

/// Carries out what is left of a plan. `from_block` is a block before the registry's creation. `done` hears of every step, with the deployment as far as it is known; keep that so that others can use
/// what was deployed.
///
/// # Errors
/// [`Error::Refused`], [`Error::InsufficientFunds`], …: run it again after the cause is gone. [`Error::Deployment`]
/// if the chain has no Stylus deployer, or something else stands where a contract belongs.
pub async fn deploy(
    chain: &Chain,
    signer: &Signer,
    plan: &Plan,
    from_block: u64,
    mut done: impl FnMut(&Deployment, &Step),
) -> Result<Deployment> {
    if plan.owner != signer.address() {
        return Err(Error::PreparedElsewhere {
            what: "account",
            prepared: plan.owner.to_string(),
            given: signer.address().to_string(),
        });
    }
    if chain.code(STYLUS_DEPLOYER).await?.is_empty() {
        let what = "the chain has no Stylus deployer";
        return Err(Error::Deployment {
            what,
            address: STYLUS_DEPLOYER,
        });
    }
    let mut deployment = Deployment {
        chain_id: chain.chain_id(),
        from_block,
        owner: plan.owner,
        registry_code_hash: plan.registry.code_hash(),
        implementation_code_hash: plan.port.code_hash(),
        ..Deployment::default()
    };
    let address = plan.registry_address();
    let report = create(
        chain,
        signer,
        &plan.registry,
        plan.registry_init(),
        plan.salt,
        address,
    )
    .await?;
    deployment.registry = Some(address);
    done(
        &deployment,
        &Step {
            kind: StepKind::Registry,
            address,
            report,
        },
    );

    let implementation = plan.implementation_address();
    let report = create(
        chain,
        signer,
        &plan.port,
        NO_CONSTRUCTOR,
        plan.salt,
        implementation,
    )
    .await?;
    deployment.implementation = Some(implementation);
    done(
        &deployment,
        &Step {
            kind: StepKind::Implementation,
            address: implementation,
            report,
        },
    );

    let registry = Registry::open(chain.clone(), address, deployment.from_block).await?;
    let report = if registry.port_implementation().await? == Some(implementation) {
        None
    } else {
        Some(
            registry
                .set_port_implementation(implementation)
                .send(signer)
                .await?,
        )
    };
    deployment.complete = true;
    done(
        &deployment,
        &Step {
            kind: StepKind::SetImplementation,
            address,
            report,
        },
    );
    Ok(deployment)
}

/// Prices the contracts that a plan has left to create; empty if both stand.
///
/// # Errors
/// As [`deploy`].
pub async fn preview(chain: &Chain, from: Address, plan: &Plan) -> Result<Vec<Prepared>> {
    let steps = [
        (
            &plan.registry,
            plan.registry_init(),
            plan.registry_address(),
        ),
        (&plan.port, NO_CONSTRUCTOR, plan.implementation_address()),
    ];
    let mut prepared = Vec::new();
    for (code, init_data, address) in steps {
        if chain.code(address).await?.is_empty() {
            let transaction = creation(chain, from, code, init_data, plan.salt).await?;
            prepared.push(transaction.prepare(from).await?);
        }
    }
    Ok(prepared)
}

/// Creates a program's contract unless it stands at its address already.
async fn create(
    chain: &Chain,
    signer: &Signer,
    code: &ContractCode,
    init_data: Bytes,
    salt: B256,
    address: Address,
) -> Result<Option<TxReport>> {
    if stands(chain, code, address).await? {
        return Ok(None);
    }
    let transaction = creation(chain, signer.address(), code, init_data, salt).await?;
    let report = transaction.send(signer).await?;
    if stands(chain, code, address).await? {
        Ok(Some(report))
    } else {
        let what = "the deployer created nothing";
        Err(Error::Deployment { what, address })
    }
}

async fn stands(chain: &Chain, code: &ContractCode, address: Address) -> Result<bool> {
    let there = chain.code(address).await?;
    if there.is_empty() {
        Ok(false)
    } else if there == code.code {
        Ok(true)
    } else {
        Err(Error::Deployment {
            what: "there is other code",
            address,
        })
    }
}

async fn creation(
    chain: &Chain,
    from: Address,
    code: &ContractCode,
    init_data: Bytes,
    salt: B256,
) -> Result<Transaction> {
    let fee = data_fee(chain, from, code).await?;
    let call = IStylusDeployer::deployCall {
        bytecode: code.init_code(),
        initData: init_data,
        initValue: U256::ZERO,
        salt,
    };
    // The fee drifts with every activation on the chain; the deployer gives back what is too much.
    Ok(chain
        .transaction(STYLUS_DEPLOYER, &call)
        .with_value(fee + fee / U256::from(5)))
}

/// What activating a program costs now, beside gas: asked by activating it in a simulation, at an address of its own.
async fn data_fee(chain: &Chain, from: Address, code: &ContractCode) -> Result<U256> {
    /// Where the simulation puts the code.
    const SOMEWHERE: Address = address!("5a7e11170000000000000000000000000000dead");
    /// Offered for the fee: 1 ether.
    const OFFER: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);
    let data = IArbWasm::activateProgramCall { program: SOMEWHERE }
        .abi_encode()
        .into();
    let call = Call {
        to: ARB_WASM,
        value: OFFER,
        data,
    };
    let state = [
        (from, Some(U256::MAX >> 1), None),
        (SOMEWHERE, None, Some(code.code.clone())),
    ];
    match chain.call_with_state(from, &call, &state).await {
        Ok(output) => IArbWasm::activateProgramCall::abi_decode_returns_validate(&output)
            .map(|returned| returned.dataFee)
            .map_err(|_| chain.invalid_view("activating a program does not return its fee")),
        // The same code was activated before: nothing is left to pay for.
        Err(error) if error.code() == "program.up_to_date" => Ok(U256::ZERO),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
#[path = "deploy_tests.rs"]
mod tests;
