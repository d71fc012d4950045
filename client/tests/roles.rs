//! Delegates and responders on the real contracts: who is sealed new keys, and whose leaving makes them stale.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[expect(
    dead_code,
    reason = "shared by the tests, each of which needs a part of it"
)]
mod world;

use patientport_client::chain::SolCall;
use patientport_client::core::abi::IPatientPort::{
    breakGlassCall, setDelegateCall, setResponderCall,
};
use patientport_client::core::section::SectionSet;
use patientport_client::port::{DelegateRights, EmergencyState, Holder};
use patientport_client::primitives::{Address, B256, Bytes};
use patientport_client::rotation::{LeftOut, NewKeys, no_rotation};
use patientport_client::stale::{Cause, stale_sections};
use patientport_client::{Port, Timestamp};
use world::{NO_CLOCK, Person, World, increase_time, named, section, sections, world};

const DAY: u64 = 86_400;

struct Story {
    world: World,
    patient: Person,
    port: Port,
}

async fn story() -> Story {
    let mut world = world().await;
    let clinic = world.verified_provider(1, "Primary Care", None).await;
    let patient = world.person(4);
    let port = world
        .claimed_port(&clinic, &patient, &[(0, "general"), (1, "heart")])
        .await;
    Story {
        world,
        patient,
        port,
    }
}

impl Story {
    async fn send(&self, from: &Person, call: &impl SolCall) {
        let chain = &self.world.chain;
        chain
            .send(&from.signer, self.port.address(), call)
            .await
            .unwrap();
    }

    /// New keys for both sections, for everyone who may have them.
    async fn new_keys(&mut self) -> NewKeys {
        let acting = self.world.patient(&self.port, &self.patient).await;
        let both = named(&[(0, ""), (1, "")]);
        let plan = acting.plan(&both, &[], NO_CLOCK).await.unwrap();
        assert_eq!(plan.left_out(), []);
        acting
            .new_keys(&plan, SectionSet::EMPTY, &mut self.world.rng)
            .unwrap()
    }

    async fn rotate(&mut self) -> Vec<(Address, SectionSet)> {
        let keys = self.new_keys().await;
        let rotation = self.port.rotate(keys.rotation);
        rotation.send(&self.patient.signer).await.unwrap();
        keys.recipients
            .iter()
            .skip(1)
            .map(|it| (it.account, it.sections))
            .collect()
    }

    async fn stale(&self) -> Vec<(u8, Address, Cause)> {
        let now = self.port.chain().now(NO_CLOCK).await.unwrap();
        let found = stale_sections(&self.port, now).await.unwrap();
        found
            .iter()
            .map(|it| (it.section.get(), it.holder, it.cause))
            .collect()
    }

    async fn holder(&self, account: Address) -> Holder {
        let now = self.port.chain().now(NO_CLOCK).await.unwrap();
        let holder = self.port.holder_of(account, now).await.unwrap();
        let listed = self.port.holders(now).await.unwrap();
        assert!(listed.contains(&holder));
        holder
    }
}

fn delegate(person: &Person, rights: DelegateRights, until: u64) -> setDelegateCall {
    let key = person.identity.public();
    let ends = rights.is_empty();
    setDelegateCall {
        delegate: person.account(),
        keyX: if ends { B256::ZERO } else { key.x() },
        keyParity: if ends { 0 } else { key.parity() },
        rights: rights.bits(),
        until,
        rotation: no_rotation(),
    }
}

#[tokio::test]
async fn a_delegate_with_rights_to_secrets_is_given_new_keys_and_makes_them_stale_when_it_goes() {
    let mut story = story().await;
    // No provider: its key is the one that the patient set.
    let parent = story.world.person(6);
    let account = parent.account();
    let until = story.world.now().await + 30 * DAY;
    story
        .send(
            &story.patient,
            &delegate(&parent, DelegateRights::WRITE, until),
        )
        .await;
    assert_eq!(story.stale().await, []);
    assert_eq!(story.rotate().await, []);

    let rotate = delegate(&parent, DelegateRights::ROTATE, until);
    story.send(&story.patient, &rotate).await;
    let holder = story.holder(account).await;
    assert_eq!(holder.delegation.rights, DelegateRights::ROTATE);
    assert_eq!(holder.delegation.until, Timestamp(until));
    assert_eq!(holder.delegation.key, Some(parent.identity.public()));
    assert!(holder.delegation.includes_secrets());
    let all = sections(&[0, 1]);
    assert_eq!(story.rotate().await, [(account, all)]);
    let ring = story.world.keyring(&story.port, &parent).await;
    assert!(ring.holds(section(0), 3) && ring.holds(section(1), 1));
    assert_eq!(story.stale().await, []);

    // Narrowed without a rotation: everything it could open is stale.
    increase_time(&story.world.node, 10).await;
    let revoke = delegate(&parent, DelegateRights::REVOKE, until);
    story.send(&story.patient, &revoke).await;
    let cause = Cause::DelegationEnded;
    let both = [(0, account, cause), (1, account, cause)];
    assert_eq!(story.stale().await, both);
    assert_eq!(story.rotate().await, []);
    assert_eq!(story.stale().await, []);

    // Ended by time alone.
    let until = story.world.now().await + DAY;
    let approve = delegate(&parent, DelegateRights::APPROVE, until);
    story.send(&story.patient, &approve).await;
    increase_time(&story.world.node, DAY - 60).await;
    assert_eq!(story.stale().await, []);
    let acting = story.world.patient(&story.port, &story.patient).await;
    let plan = acting.plan(&named(&[(0, "")]), &[], NO_CLOCK).await;
    assert_eq!(plan.unwrap().left_out(), [(account, LeftOut::Ending)]);
    increase_time(&story.world.node, 60).await;
    assert_eq!(story.stale().await, both);
    assert_eq!(story.rotate().await, []);
    assert_eq!(story.stale().await, []);

    // Ended together with the rotation, in one second and one transaction: nothing is left to do.
    let until = story.world.now().await + DAY;
    let approve = delegate(&parent, DelegateRights::APPROVE, until);
    story.send(&story.patient, &approve).await;
    story.rotate().await;
    // While it still is one, a plan would name it: the rotation of its end is for the patient alone.
    let acting = story.world.patient(&story.port, &story.patient).await;
    let both_named = named(&[(0, ""), (1, "")]);
    let mut plan = acting.plan(&both_named, &[], NO_CLOCK).await.unwrap();
    plan.leave_out(|it| (it.account == account).then_some(LeftOut::Unknown));
    let keys = acting.new_keys(&plan, SectionSet::EMPTY, &mut story.world.rng);
    let end = setDelegateCall {
        rotation: keys.unwrap().rotation,
        ..delegate(&parent, DelegateRights::NONE, 0)
    };
    story.send(&story.patient, &end).await;
    assert_eq!(story.stale().await, []);
}

#[tokio::test]
async fn a_responder_is_given_new_keys_while_its_window_is_open_and_makes_them_stale_afterwards() {
    let mut story = story().await;
    let ward = story.world.verified_provider(2, "Emergency", None).await;
    let account = ward.account();
    let arm = setResponderCall {
        responder: account,
        sections: sections(&[1]).bits(),
        delay: 3_600,
        window: 7_200,
        package: B256::repeat_byte(7),
    };
    story.send(&story.patient, &arm).await;
    let armed = story.holder(account).await.emergency;
    assert_eq!(armed.state, EmergencyState::Armed);
    assert_eq!((armed.delay_secs, armed.window_secs), (3_600, 7_200));
    assert_eq!(armed.package, B256::repeat_byte(7));
    assert_eq!(story.rotate().await, []);

    let message = Bytes::from_static(b"sealed");
    story.send(&ward, &breakGlassCall { message }).await;
    let pending = story.holder(account).await.emergency;
    assert_eq!(pending.state, EmergencyState::Pending);
    assert_eq!(story.rotate().await, []);
    increase_time(&story.world.node, 3_600).await;
    let open = story.holder(account).await.emergency;
    assert_eq!(open.state, EmergencyState::Open);
    assert!(story.port.has_access(account, section(1)).await.unwrap());
    // Only the section of its window, and not the other that is rotated as well.
    assert_eq!(story.rotate().await, [(account, sections(&[1]))]);
    let ring = story.world.keyring(&story.port, &ward).await;
    assert!(ring.holds(section(1), 4) && !ring.holds(section(0), 4));
    assert_eq!(story.stale().await, []);

    increase_time(&story.world.node, 7_200).await;
    let over = [(1, account, Cause::EmergencyOver)];
    assert_eq!(story.stale().await, over);
    // Armed anew, what the earlier window opened is still stale.
    story.send(&story.patient, &arm).await;
    let again = story.holder(account).await.emergency;
    assert_eq!(again.state, EmergencyState::Armed);
    assert_eq!(again.held, sections(&[1]));
    assert_eq!(story.stale().await, over);
    assert_eq!(story.rotate().await, []);
    assert_eq!(story.stale().await, []);

    // Removed while its window is open.
    let message = Bytes::from_static(b"sealed");
    story.send(&ward, &breakGlassCall { message }).await;
    increase_time(&story.world.node, 3_600).await;
    story.rotate().await;
    assert_eq!(story.stale().await, []);
    let remove = setResponderCall {
        sections: 0,
        delay: 0,
        window: 0,
        package: B256::ZERO,
        ..arm
    };
    story.send(&story.patient, &remove).await;
    assert_eq!(story.stale().await, over);
    story.rotate().await;
    assert_eq!(story.stale().await, []);
}
