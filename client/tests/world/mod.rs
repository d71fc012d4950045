//! A chain with the contracts on it, people, and what they do over and over.

use std::path::Path;
use std::sync::Arc;

use patientport_client::access::Grantee;
use patientport_client::chain::{Call, Transaction};
use patientport_client::core::keys::IdentitySeed;
use patientport_client::core::npi::Npi;
use patientport_client::core::record::Metadata;
use patientport_client::core::section::{SectionId, SectionSet};
use patientport_client::deploy::{ContractCode, Deployment, Plan, StepKind, deploy, preview};
use patientport_client::primitives::{Address, Bytes, U256};
use patientport_client::records::{self, Target};
use patientport_client::registry::{ContactProfile, IdentityProfile, ProviderKind, ProviderStatus};
use patientport_client::rotation::{NamedSection, first_keys};
use patientport_client::store::{BlobStore, DirectoryStore};
use patientport_client::{
    Actor, Chain, Error, IdentityKeys, Keyring, Options, Port, Registry, Signer, Timestamp,
};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use stylus_devnode::{Config, DevNode};

/// Reads what `scripts/build-contracts` built.
pub(crate) fn code(name: &str) -> ContractCode {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../build/contracts")
        .join(name)
        .with_extension("code");
    let bytes = std::fs::read(&path).unwrap_or_else(|error| {
        panic!(
            "cannot read `{}` ({error}): run scripts/build-contracts",
            path.display()
        )
    });
    ContractCode::new(name, bytes).unwrap()
}

pub(crate) struct World {
    pub(crate) node: DevNode,
    pub(crate) chain: Chain,
    pub(crate) rng: ChaCha20Rng,
    pub(crate) registry: Registry,
    pub(crate) store: Arc<dyn BlobStore>,
    pub(crate) directory: tempfile::TempDir,
    pub(crate) owner: Person,
}

#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) signer: Signer,
    pub(crate) identity: IdentityKeys,
}

impl Person {
    pub(crate) fn account(&self) -> Address {
        self.signer.address()
    }
}

pub(crate) fn person(node: &DevNode, index: usize) -> Person {
    let seed = IdentitySeed::from_bytes([u8::try_from(index).unwrap() + 1; 32]);
    Person {
        signer: Signer::from_bytes(&node.accounts()[index].private_key().0).unwrap(),
        identity: seed.provider_key(0).into(),
    }
}

/// A port's patient, as seen through the port's node.
pub(crate) async fn patient_at(port: &Port, person: &Person) -> Result<Actor, Error> {
    Actor::patient(port, person.account(), person.identity.clone()).await
}

/// Whom to grant, with the key that the registry shows.
pub(crate) async fn grantee(port: &Port, account: Address, request: Option<u32>) -> Grantee {
    let provider = port.registry().provider(account).await.unwrap();
    Grantee {
        account,
        key: provider.encryption_key().unwrap(),
        request,
    }
}

/// No clock but the chain's.
pub(crate) const NO_CLOCK: Timestamp = Timestamp(0);

pub(crate) fn section(number: u8) -> SectionId {
    number.try_into().unwrap()
}

pub(crate) fn sections(numbers: &[u8]) -> SectionSet {
    numbers.iter().map(|number| section(*number)).collect()
}

pub(crate) fn named(numbers: &[(u8, &str)]) -> Vec<NamedSection> {
    let name = |name: &str| (!name.is_empty()).then(|| name.to_owned());
    numbers
        .iter()
        .map(|(number, text)| NamedSection {
            section: section(*number),
            name: name(text),
        })
        .collect()
}

pub(crate) async fn world() -> World {
    let node = DevNode::try_spawn(Config::test()).unwrap();
    let options = Options {
        expected_chain_id: Some(node.chain_id()),
        ..Options::default()
    };
    let chain = Chain::connect(&node.url(), options).await.unwrap();
    let owner = person(&node, 0);
    let plan = Plan::new(code("registry"), code("patientport"), owner.account(), 0);

    let priced = preview(&chain, owner.account(), &plan).await.unwrap();
    assert_eq!(priced.len(), 2);
    let mut steps = Vec::new();
    let block = chain.block_number().await.unwrap();
    let deployment = deploy(&chain, &owner.signer, &plan, block, |_, step| {
        steps.push((step.kind, step.report.is_some()));
    })
    .await
    .unwrap();
    assert_eq!(
        steps,
        [
            (StepKind::Registry, true),
            (StepKind::Implementation, true),
            (StepKind::SetImplementation, true)
        ]
    );

    // Running it again finds everything and sends nothing.
    let mut again = Vec::new();
    let repeated = deploy(
        &chain,
        &owner.signer,
        &plan,
        deployment.from_block,
        |_, step| {
            again.push(step.report.is_some());
        },
    )
    .await
    .unwrap();
    assert_eq!(again, [false; 3]);
    assert_eq!(repeated, deployment);
    assert!(deployment.complete);
    let json = serde_json::to_string(&deployment).unwrap();
    assert_eq!(
        serde_json::from_str::<Deployment>(&json).unwrap(),
        deployment
    );

    let address = deployment.registry.unwrap();
    let registry = Registry::open(chain.clone(), address, deployment.from_block)
        .await
        .unwrap();
    assert_eq!(registry.owner().await.unwrap(), owner.account());
    assert_eq!(
        registry.announced_implementations().await.unwrap(),
        [(
            deployment.implementation.unwrap(),
            deployment.implementation_code_hash
        )]
    );
    let directory = tempfile::tempdir().unwrap();
    let store: Arc<dyn BlobStore> = Arc::new(DirectoryStore::create_in(directory.path()).unwrap());
    let rng = ChaCha20Rng::from_seed([9; 32]);
    World {
        node,
        chain,
        rng,
        registry,
        store,
        directory,
        owner,
    }
}

impl World {
    pub(crate) fn person(&self, index: usize) -> Person {
        person(&self.node, index)
    }

    pub(crate) async fn now(&self) -> u64 {
        self.chain.block_timestamp().await.unwrap().0
    }

    /// Registers a provider and has the owner, made an attester, attest it.
    pub(crate) async fn verified_provider(
        &self,
        index: usize,
        name: &str,
        npi: Option<&str>,
    ) -> Person {
        let provider = self.person(index);
        let registry = &self.registry;
        let identity = IdentityProfile {
            name: name.to_owned(),
            specialty: None,
        };
        let contact = ContactProfile {
            contact: Some("by mail".into()),
            endpoint: None,
        };
        let npi = npi.map(|npi| Npi::parse(npi).unwrap());
        let key = provider.identity.public();
        registry
            .register(ProviderKind::Clinic, npi, &key, &identity, &contact)
            .unwrap()
            .send(&provider.signer)
            .await
            .unwrap();
        let seen = registry.provider(provider.account()).await.unwrap();
        assert_eq!(seen.status, ProviderStatus::SelfAsserted);
        assert!(!seen.verified);
        assert_eq!(registry.identity_profile(&seen).await.unwrap(), identity);
        assert_eq!(
            registry.contact_profile(provider.account()).await.unwrap(),
            Some(contact)
        );
        let until = Timestamp(self.now().await + 86_400 * 365);
        let owner = &self.owner;
        if !registry.is_attester(owner.account()).await.unwrap() {
            let denied = registry
                .attest(&seen, until)
                .send(&owner.signer)
                .await
                .unwrap_err();
            assert_eq!(denied.code(), "access.denied");
            registry
                .add_attester(owner.account())
                .send(&owner.signer)
                .await
                .unwrap();
        }
        registry
            .attest(&seen, until)
            .send(&owner.signer)
            .await
            .unwrap();
        let seen = registry.provider(provider.account()).await.unwrap();
        assert_eq!(
            (seen.status, seen.verified),
            (ProviderStatus::Attested, true)
        );
        assert_eq!(seen.encryption_key().unwrap(), key);
        provider
    }

    /// A registered provider whom nobody has attested, with an account that is funded first.
    pub(crate) async fn unverified_provider(&self, index: u8) -> Person {
        let key = [index + 100; 32];
        let provider = Person {
            signer: Signer::from_bytes(&key).unwrap(),
            identity: IdentitySeed::from_bytes(key).provider_key(0).into(),
        };
        let gift = Call {
            to: provider.account(),
            value: U256::from(10_u64.pow(18)),
            data: Bytes::new(),
        };
        let gift = Transaction::new(self.chain.clone(), gift);
        gift.send(&self.owner.signer).await.unwrap();
        let (identity, contact) = (IdentityProfile::default(), ContactProfile::default());
        let key = provider.identity.public();
        self.registry
            .register(ProviderKind::Other, None, &key, &identity, &contact)
            .unwrap()
            .send(&provider.signer)
            .await
            .unwrap();
        provider
    }

    /// A port that its patient has claimed.
    pub(crate) async fn claimed_port(
        &mut self,
        issuer: &Person,
        patient: &Person,
        sections: &[(u8, &str)],
    ) -> Port {
        let issue = self.registry.issue(patient.account());
        let report = issue.send(&issuer.signer).await.unwrap();
        let address = self.registry.issued_port(&report).unwrap();
        let port = Port::open(&self.registry, address).await.unwrap();
        let key = patient.identity.public();
        let sections = named(sections);
        let keys = first_keys(&port, patient.account(), &key, &sections, &mut self.rng).unwrap();
        port.claim(&key, keys.rotation)
            .send(&patient.signer)
            .await
            .unwrap();
        port
    }

    /// A port's patient, as seen through the world's own node.
    pub(crate) async fn patient(&self, port: &Port, person: &Person) -> Actor {
        patient_at(port, person).await.unwrap()
    }

    pub(crate) async fn keyring(&self, port: &Port, person: &Person) -> Keyring {
        let keyring = Keyring::collect(port, person.account(), &person.identity)
            .await
            .unwrap();
        assert!(keyring.problems().is_empty(), "{:?}", keyring.problems());
        keyring
    }

    pub(crate) async fn add(
        &mut self,
        port: &Port,
        author: &Person,
        number: u8,
        payload: &[u8],
    ) -> u32 {
        let key = port.section_key(section(number)).await.unwrap();
        let target = Target::section(port, &key).unwrap();
        let metadata = Metadata {
            title: "Blood count".into(),
            ..Metadata::default()
        };
        let (author_account, store) = (author.account(), Arc::clone(&self.store));
        let prepared = records::prepare(
            port,
            author_account,
            &target,
            &metadata,
            payload,
            store.as_ref(),
            &mut self.rng,
        )
        .unwrap();
        let added = records::commit(port, &author.signer, &prepared)
            .await
            .unwrap();
        assert!(added.report.is_some());
        // The same again stores nothing and sends nothing.
        let again = records::commit(port, &author.signer, &prepared)
            .await
            .unwrap();
        assert_eq!((again.id, again.report.is_none()), (added.id, true));
        added.id
    }

    pub(crate) async fn read(
        &self,
        port: &Port,
        reader: &Person,
        id: u32,
    ) -> Result<Vec<u8>, Error> {
        let keyring = Keyring::collect(port, reader.account(), &reader.identity).await?;
        let record = records::fetch(port, id, &keyring, &self.store).await?;
        assert_eq!(record.metadata().title, "Blood count");
        let mut payload = Vec::new();
        let length = record.decrypt(&mut payload)?;
        assert_eq!(length, payload.len() as u64);
        assert_eq!(record.verify()?, length);
        Ok(payload)
    }
}

pub(crate) async fn increase_time(node: &DevNode, seconds: u64) {
    let chain = Chain::connect(&node.url(), Options::default())
        .await
        .unwrap();
    let _: serde_json::Value = chain.request("evm_increaseTime", (seconds,)).await.unwrap();
    let _: serde_json::Value = chain.request("evm_mine", ()).await.unwrap();
}
