//! The life of a port, one measured operation after another. Nothing in it waits, so it runs on any chain as it is.

use crate::{
    baseline::{CHANGED_SLOT, CODE_BYTE, CREATION, INTRINSIC, NEW_SLOT},
    chain::Chain,
    endpoint::Failure,
};
use alloy::{
    primitives::{Address, B256, Bytes, U256, keccak256},
    sol_types::{Eip712Domain, SolCall, SolStruct as _},
};
use patientport_abi::{IPatientPort as port, IRegistry as registry};

const DAY: u64 = 24 * 60 * 60;
/// A list with one section, `enc`, one secret and its tag (docs/record-format.md §2).
const SECRETS_BYTES: usize = 6 + 65 + 32 + 16;
/// A request's text, padded (§3), with `enc` and tag.
const REQUEST_BYTES: usize = 65 + 192 + 16;
/// A denial's.
const DENIAL_BYTES: usize = 65 + 64 + 16;
/// A link from one epoch to the one before.
const LINK_BYTES: usize = 57;

/// What one operation cost.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    pub(crate) name: String,
    pub(crate) gas: u64,
    pub(crate) ink: u64,
    /// Gas of its calldata.
    pub(crate) calldata: u64,
    pub(crate) log_gas: u64,
    pub(crate) log_bytes: u64,
    pub(crate) new_slots: u64,
    pub(crate) changed_slots: u64,
    /// Code of a contract it created.
    pub(crate) code_bytes: u64,
}

impl Measured {
    /// Gas of calldata and logs.
    pub(crate) fn data_gas(&self) -> u64 {
        self.calldata + self.log_gas
    }

    /// What no contract with this interface and these slots can go below: a transaction, its calldata, its
    /// logs, its writes, the contract it creates. None for a view.
    pub(crate) fn floor(&self) -> Option<u64> {
        if self.calldata == 0 {
            return None;
        }
        let slots = self.new_slots * NEW_SLOT + self.changed_slots * CHANGED_SLOT;
        let code = if self.code_bytes == 0 {
            0
        } else {
            CREATION + CODE_BYTE * self.code_bytes
        };
        Some(INTRINSIC + self.data_gas() + slots + code)
    }
}

/// Bytes as sealed messages have them: of every value.
fn sealed(what: &str, length: usize) -> Bytes {
    let blocks = (0..length.div_ceil(32)).flat_map(|block| keccak256(format!("{what} {block}")).0);
    blocks.take(length).collect::<Vec<_>>().into()
}

/// A key that an account publishes.
fn key(of: &str) -> B256 {
    let mut key = keccak256(of);
    key.0[0] = 0x7f;
    key
}

fn no_rotation() -> port::Rotation {
    port::Rotation {
        sections: 0,
        epochs: Vec::new(),
        keys: Vec::new(),
        parities: 0,
        links: Bytes::new(),
        sealed_: Vec::new(),
    }
}

/// A rotation of section 0, sealed to some accounts.
fn rotation(epoch: u32, recipients: &[Address]) -> port::Rotation {
    port::Rotation {
        sections: 1,
        epochs: vec![epoch],
        keys: vec![key(&format!("section at {epoch}"))],
        parities: 1,
        links: sealed("links", if epoch == 0 { 0 } else { LINK_BYTES }),
        sealed_: recipients
            .iter()
            .map(|recipient| port::Sealed {
                recipient: *recipient,
                message: sealed("secrets", SECRETS_BYTES),
            })
            .collect(),
    }
}

/// Everybody, and what has happened.
struct Story<'c> {
    chain: &'c mut Chain,
    done: Vec<Measured>,
    patient: Address,
    clinic: Address,
    port: Address,
}

/// Measures every operation once, in the order of a life.
pub(crate) fn tell(chain: &mut Chain) -> Result<Vec<Measured>, Failure> {
    let mut story = Story {
        done: Vec::new(),
        patient: chain.account("patient"),
        clinic: chain.account("clinic"),
        port: Address::ZERO,
        chain,
    };
    story.registry()?;
    story.records()?;
    story.requests()?;
    story.grants()?;
    story.delegates_and_emergency()?;
    story.rest()?;
    story.views()?;
    Ok(story.done)
}

impl Story<'_> {
    fn measure(
        &mut self,
        name: &str,
        from: Address,
        to: Address,
        call: &impl SolCall,
    ) -> Result<(), Failure> {
        let measured = self.chain.measure(name, from, to, call.abi_encode())?;
        self.done.push(measured);
        Ok(())
    }

    fn send(&mut self, from: Address, to: Address, call: &impl SolCall) -> Result<(), Failure> {
        self.chain.send(from, to, call.abi_encode()).map(drop)
    }

    /// Registers a provider and, unless it is measured, attests it.
    fn provider(&mut self, name: &str, npi: u64, measured: bool) -> Result<Address, Failure> {
        let who = self.chain.account(name);
        let identity = identity(name);
        let call = registry::registerProviderCall {
            kind: 2,
            npi,
            keyX: key(name),
            keyParity: 1,
            identityProfile: identity,
            contactProfile:
                br#"{"phone":"+1 555 010 0199","endpoint":"https://blobs.example.org/"}"#.into(),
        };
        let registry = self.chain.registry;
        if measured {
            self.measure("register provider", who, registry, &call)?;
        } else {
            self.send(who, registry, &call)?;
            let attest = self.attestation(name, npi, 365 * DAY);
            self.send(self.chain.owner, registry, &attest)?;
        }
        Ok(who)
    }

    fn attestation(&self, name: &str, npi: u64, lasts: u64) -> registry::attestCall {
        registry::attestCall {
            provider: self.chain.account(name),
            npi,
            kind: 2,
            identityProfileHash: keccak256(identity(name)),
            until: self.chain.now() + lasts,
        }
    }

    fn registry(&mut self) -> Result<(), Failure> {
        let (owner, registry) = (self.chain.owner, self.chain.registry);
        self.send(
            owner,
            registry,
            &registry::addAttesterCall { attester: owner },
        )?;
        // The first of everything opens words that later ones only change.
        self.provider("first", 0, false)?;
        let first = self.chain.account("first");
        self.send(
            first,
            registry,
            &registry::issueCall {
                patient: self.chain.account("somebody"),
            },
        )?;

        self.provider("clinic", 0, true)?;
        let attest = self.attestation("clinic", 0, 365 * DAY);
        self.measure("attest", owner, registry, &attest)?;
        let npi = 1_234_567_893;
        let identity = registry::setIdentityProfileCall {
            kind: 2,
            npi,
            identityProfile: identity("clinic"),
        };
        self.measure("set identity profile", self.clinic, registry, &identity)?;
        let attest = self.attestation("clinic", npi, 365 * DAY);
        self.measure("attest with a new NPI", owner, registry, &attest)?;
        let issue = registry::issueCall {
            patient: self.patient,
        };
        self.port = self.chain_issue(&issue)?;
        Ok(())
    }

    /// Issues the port and finds its address in the log.
    fn chain_issue(&mut self, issue: &registry::issueCall) -> Result<Address, Failure> {
        let registry = self.chain.registry;
        let call = issue.abi_encode();
        // Asked first: the answer is the address.
        let port = self.chain.ask_from(self.clinic, registry, issue)?;
        let measured = self
            .chain
            .measure("issue a port", self.clinic, registry, call)?;
        self.done.push(measured);
        Ok(port)
    }

    fn records(&mut self) -> Result<(), Failure> {
        let (patient, clinic, at) = (self.patient, self.clinic, self.port);
        let claim = port::claimCall {
            keyX: key("patient"),
            keyParity: 0,
            rotation: rotation(0, &[patient]),
        };
        self.measure("claim with one section", patient, at, &claim)?;
        let add = |what: &str| port::addCall {
            commitment: keccak256(what),
            section: 0,
            epoch: 1,
        };
        self.measure("add by primary care", clinic, at, &add("one"))?;
        self.measure("add by the patient", patient, at, &add("two"))?;
        let supersede = port::supersedeCall {
            recordId: 2,
            commitment: keccak256("three"),
            epoch: 1,
        };
        self.measure("supersede", patient, at, &supersede)?;
        self.measure(
            "retract",
            clinic,
            at,
            &port::retractCall {
                recordId: 1,
                reason: 1,
            },
        )?;
        let publish = port::publishCall {
            recordId: 3,
            part: 0,
            piece: 0,
            data: sealed("head", 1_024),
        };
        self.measure("publish a head of 1,024 bytes", patient, at, &publish)
    }

    fn request(&mut self, name: &str, from: Address) -> Result<(), Failure> {
        let call = port::requestCall {
            recipient: from,
            message: sealed("request", REQUEST_BYTES),
        };
        if name.is_empty() {
            self.send(from, self.port, &call)
        } else {
            self.measure(name, from, self.port, &call)
        }
    }

    /// An approval of section 0 for read and write.
    fn approval(&self, id: u32, reader: Address, epoch: u32) -> port::approveCall {
        port::approveCall {
            requestId: id,
            reader,
            sections: 1,
            epochs: vec![epoch],
            expiry: self.chain.now() + 90 * DAY,
            rights: 3,
            allowUnverified: false,
            message: sealed("secrets", SECRETS_BYTES),
        }
    }

    fn requests(&mut self) -> Result<(), Failure> {
        let (patient, at) = (self.patient, self.port);
        let one = self.provider("one", 0, false)?;
        let two = self.provider("two", 0, false)?;
        self.request("", one)?;
        let first = self.approval(1, one, 1);
        self.measure("approve, first reader of the port", patient, at, &first)?;

        self.request("request, first of this provider", two)?;
        self.request("request, later", two)?;
        self.request("", two)?;
        self.request("", two)?;
        let approve = self.approval(2, two, 1);
        self.measure("approve, first for this reader", patient, at, &approve)?;
        let renew = self.approval(3, two, 1);
        self.measure("approve, renewal", patient, at, &renew)?;
        let deny = port::denyCall {
            requestId: 4,
            reason: 3,
            message: sealed("denial", DENIAL_BYTES),
        };
        self.measure("deny", patient, at, &deny)?;
        self.measure("cancel", two, at, &port::cancelCall { requestId: 5 })?;

        let three = self.provider("three", 0, false)?;
        self.request("", three)?;
        let approve = self.approval(6, three, 1).abi_encode();
        self.signed("approve by signature, first for this reader", approve)
    }

    /// Measures a call that the patient signs and a relayer sends, after another that opened the nonce's word.
    fn signed(&mut self, name: &str, call: Vec<u8>) -> Result<(), Failure> {
        let nonce = self.chain.ask(self.port, &port::infoCall {})?.nonce;
        let message = port::PatientCall {
            call: call.into(),
            nonce: U256::from(nonce),
            deadline: self.chain.now() + DAY,
        };
        let domain = Eip712Domain {
            name: Some("patientport".into()),
            version: Some("1".into()),
            chain_id: Some(U256::from(self.chain.chain_id())),
            verifying_contract: Some(self.port),
            salt: None,
        };
        let digest = message.eip712_signing_hash(&domain);
        let signature = self.chain.sign("patient", digest)?;
        let execute = port::executeCall {
            call: message.call,
            nonce: message.nonce,
            deadline: message.deadline,
            signature,
        };
        self.measure(name, self.chain.account("relayer"), self.port, &execute)
    }

    fn grants(&mut self) -> Result<(), Failure> {
        let (patient, at) = (self.patient, self.port);
        let (one, two, three) = (
            self.chain.account("one"),
            self.chain.account("two"),
            self.chain.account("three"),
        );
        let add = port::addCall {
            commitment: keccak256("four"),
            section: 0,
            epoch: 1,
        };
        self.measure("add by a reader who may write", two, at, &add)?;
        let four = self.provider("four", 0, false)?;
        let grant = port::grantCall {
            reader: four,
            sections: 1,
            epochs: vec![1],
            expiry: self.chain.now() + 90 * DAY,
            rights: 1,
            allowUnverified: false,
            message: sealed("secrets", SECRETS_BYTES),
        };
        self.measure("grant without a request", patient, at, &grant)?;
        let revoke = |reader, rotation| port::revokeCall {
            reader,
            reason: 1,
            rotation,
        };
        self.measure(
            "revoke without rotation",
            patient,
            at,
            &revoke(three, no_rotation()),
        )?;
        let rotated = rotation(1, &[patient, one, two]);
        self.measure(
            "revoke, one section for two readers",
            patient,
            at,
            &revoke(four, rotated),
        )?;
        let rotate = port::rotateCall {
            rotation: rotation(2, &[patient, one, two]),
        };
        self.measure("rotate one section for two readers", patient, at, &rotate)?;
        let reseal = port::resealCall {
            sections: 1,
            epochs: vec![3],
            sealed_: rotation(3, &[one]).sealed_,
        };
        self.measure("reseal to one reader", patient, at, &reseal)?;
        let share = port::shareCall {
            reader: three,
            recordIds: vec![3],
            message: sealed("share", 65 + 32 + 16),
        };
        self.measure("share one record", patient, at, &share)
    }

    fn delegates_and_emergency(&mut self) -> Result<(), Failure> {
        let (patient, at) = (self.patient, self.port);
        let set = port::setDelegateCall {
            delegate: self.chain.account("delegate"),
            keyX: key("delegate"),
            keyParity: 0,
            rights: 15,
            until: self.chain.now() + 365 * DAY,
            rotation: no_rotation(),
        };
        self.measure("name a delegate", patient, at, &set)?;
        let custodian = port::setCustodianCall {
            index: 0,
            account: self.chain.account("custodian"),
            keyX: key("custodian"),
            keyParity: 1,
        };
        self.measure("name a custodian", patient, at, &custodian)?;
        let responder = self.chain.account("four");
        let arm = port::setResponderCall {
            responder,
            sections: 1,
            delay: 3_600,
            window: 86_400,
            package: keccak256("package"),
        };
        self.measure("arm a responder", patient, at, &arm)?;
        let package = port::setPackageCall {
            responder,
            package: keccak256("next package"),
        };
        self.measure("name another package", patient, at, &package)?;
        let glass = port::breakGlassCall {
            message: sealed("emergency", REQUEST_BYTES),
        };
        self.measure("break the glass", responder, at, &glass)?;
        self.measure("veto", patient, at, &port::vetoCall { responder })?;
        // Without a delay the window opens at once, and nothing has to wait on any chain.
        let at_once = port::setResponderCall { delay: 0, ..arm };
        self.send(patient, at, &at_once)?;
        self.send(responder, at, &glass)?;
        let release = port::releaseCall {
            responder,
            message: sealed("inner", SECRETS_BYTES),
        };
        self.measure("release", self.chain.account("custodian"), at, &release)
    }

    fn rest(&mut self) -> Result<(), Failure> {
        let (patient, at) = (self.patient, self.port);
        let block = port::setBlockedCall {
            requester: self.chain.account("two"),
            blocked: true,
        };
        self.measure("block a requester", patient, at, &block)?;
        let care = port::setPrimaryCareCall {
            provider: self.chain.account("one"),
        };
        self.measure("change primary care", patient, at, &care)?;
        self.measure(
            "cancel signatures",
            patient,
            at,
            &port::cancelSignaturesCall {},
        )?;
        let key = port::setEncryptionKeyCall {
            keyX: key("patient, next"),
            keyParity: 1,
            rotation: no_rotation(),
        };
        self.measure("change the patient's key", patient, at, &key)?;
        let next = self.chain.account("next owner");
        self.measure(
            "start an ownership transfer",
            patient,
            at,
            &port::transferOwnershipCall { newOwner: next },
        )?;
        self.measure(
            "accept the ownership",
            next,
            at,
            &port::acceptOwnershipCall {},
        )?;
        self.send(next, at, &port::transferOwnershipCall { newOwner: patient })?;
        self.send(patient, at, &port::acceptOwnershipCall {})
    }

    fn view(&mut self, name: &str, to: Address, call: &impl SolCall) -> Result<(), Failure> {
        let measured = self.chain.view(name, to, call.abi_encode())?;
        self.done.push(measured);
        Ok(())
    }

    fn views(&mut self) -> Result<(), Failure> {
        let (at, registry, reader) = (self.port, self.chain.registry, self.chain.account("one"));
        self.view(
            "view isVerified",
            registry,
            &registry::isVerifiedCall { account: reader },
        )?;
        self.view(
            "view hasAccess",
            at,
            &port::hasAccessCall { reader, section: 0 },
        )?;
        self.view("view record", at, &port::recordCall { recordId: 1 })?;
        self.view(
            "view getRequest",
            at,
            &port::getRequestCall { requestId: 1 },
        )?;
        self.view(
            "view holders",
            at,
            &port::holdersCall {
                from: 0,
                limit: 128,
            },
        )?;
        self.view(
            "view isPort",
            registry,
            &registry::isPortCall { account: at },
        )
    }
}

fn identity(name: &str) -> Bytes {
    format!(r#"{{"name":"Practice of {name}, Family Medicine","specialty":"207Q00000X"}}"#)
        .into_bytes()
        .into()
}

/// What an approval costs on a port with few records and with many (promise P6): gas by record count. The
/// port is one of its own, and every record is really added.
pub(crate) fn approve_by_records(chain: &mut Chain, most: u32) -> Result<Vec<(u32, u64)>, Failure> {
    let (patient, clinic) = (chain.account("collector"), chain.account("clinic"));
    let registry = chain.registry;
    chain.fund("clinic", u64::from(most) * 100_000)?;
    let issue = registry::issueCall { patient };
    let at = chain.ask_from(clinic, registry, &issue)?;
    chain.send(clinic, registry, issue.abi_encode())?;
    let claim = port::claimCall {
        keyX: key("collector"),
        keyParity: 0,
        rotation: rotation(0, &[patient]),
    };
    chain.send(patient, at, claim.abi_encode())?;
    let one = chain.account("one");
    let (mut count, mut id, mut figures) = (0_u32, 0, Vec::new());
    for records in [1, 1_000, 100_000]
        .into_iter()
        .filter(|records| *records <= most)
    {
        while count < records {
            count += 1;
            let add = port::addCall {
                commitment: keccak256(count.to_be_bytes()),
                section: 0,
                epoch: 1,
            };
            chain.send(clinic, at, add.abi_encode())?;
        }
        // The same kind of approval each time: a renewal, after one that is not measured.
        for measured in [false, true] {
            if measured || figures.is_empty() {
                id += 1;
                let request = port::requestCall {
                    recipient: one,
                    message: sealed("request", REQUEST_BYTES),
                };
                chain.send(one, at, request.abi_encode())?;
                let approve = port::approveCall {
                    requestId: id,
                    reader: one,
                    sections: 1,
                    epochs: vec![1],
                    expiry: chain.now() + 90 * DAY,
                    rights: 1,
                    allowUnverified: false,
                    message: sealed("secrets", SECRETS_BYTES),
                };
                let gas = chain
                    .measure("approve", patient, at, approve.abi_encode())?
                    .gas;
                if measured {
                    figures.push((records, gas));
                }
            }
        }
    }
    Ok(figures)
}
