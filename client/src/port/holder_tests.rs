#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use super::*;

fn responder(state: u8) -> IPatientPort::Responder {
    IPatientPort::Responder {
        sections: 0b10,
        delay: 100,
        window: 50,
        brokenAt: 1_000,
        state,
        package: B256::ZERO,
        held: 0,
        heldUntil: 0,
    }
}

fn emergency(state: u8, now: u64) -> Emergency {
    Emergency::from_chain(&responder(state), Timestamp(now)).unwrap()
}

#[test]
fn a_window_is_open_by_time_whatever_an_old_block_says() {
    for (now, expected) in [
        (1_000, EmergencyState::Pending),
        (1_099, EmergencyState::Pending),
        (1_100, EmergencyState::Open),
        (1_149, EmergencyState::Open),
        (1_150, EmergencyState::Over),
    ] {
        for shown in [2, 3, 4] {
            assert_eq!(emergency(shown, now).state, expected, "{now}");
        }
        let open = expected == EmergencyState::Open;
        assert_eq!(!emergency(2, now).readable().is_empty(), open);
        // What was not taken or was vetoed never opens.
        for shown in [0, 1, 5] {
            assert_eq!(emergency(shown, now).state.code(), shown);
        }
    }
    assert_eq!(
        emergency(2, 0).window(),
        Some((Timestamp(1_100), Timestamp(1_150)))
    );
    let armed = IPatientPort::Responder {
        brokenAt: 0,
        ..responder(1)
    };
    let armed = Emergency::from_chain(&armed, Timestamp(9_999)).unwrap();
    assert_eq!(armed.window(), None);
    assert_eq!(armed.broken_at, None);
    let unknown = Emergency::from_chain(&responder(6), Timestamp(0));
    assert!(unknown.is_none());
}

#[test]
fn a_delegation_runs_until_its_end_and_opens_sections_only_with_approve_or_rotate() {
    let delegation = |rights, now| {
        let delegate = IPatientPort::Delegate {
            rights,
            until: 100,
            heldUntil: 0,
            keyX: B256::ZERO,
            keyParity: 0,
        };
        Delegation::from_chain(&delegate, Timestamp(now)).unwrap()
    };
    for rights in 1..16 {
        let opens = rights & 0b1001 != 0;
        assert_eq!(delegation(rights, 99).includes_secrets(), opens, "{rights}");
        assert!(delegation(rights, 99).is_live);
        assert!(!delegation(rights, 100).is_live);
        assert!(!delegation(rights, 100).includes_secrets());
    }
    assert!(!delegation(0, 0).is_live);
    assert_eq!(delegation(1, 0).key, None);
    assert_eq!(DelegateRights::from_bits(16), None);
    let all = DelegateRights::from_bits(15).unwrap();
    assert_eq!(all.to_string(), "approve, revoke, write, rotate");
    assert_eq!(DelegateRights::NONE.to_string(), "");
    let both = DelegateRights::WRITE.union(DelegateRights::REVOKE);
    assert!(both.contains(DelegateRights::WRITE) && !both.contains(DelegateRights::ROTATE));
}

#[test]
fn an_account_may_be_sent_what_any_of_its_roles_entitles_it_to() {
    let holder = |delegate_rights, emergency_state| IPatientPort::Holder {
        access: IPatientPort::Access {
            reader: Address::repeat_byte(1),
            sections: 0b1,
            held: 0b1,
            expiry: 2_000,
            changedAt: 0,
            rights: 1,
            state: 1,
        },
        delegate: IPatientPort::Delegate {
            rights: delegate_rights,
            until: 2_000,
            heldUntil: 0,
            keyX: B256::ZERO,
            keyParity: 0,
        },
        responder: responder(emergency_state),
    };
    let entitled = |holder: &IPatientPort::Holder, now| {
        let holder = Holder::from_chain(holder, Timestamp(now)).unwrap();
        holder.entitled().bits()
    };
    assert_eq!(entitled(&holder(0, 2), 1_000), 0b1);
    assert_eq!(entitled(&holder(0, 2), 1_100), 0b11);
    assert_eq!(entitled(&holder(2, 1), 1_100), 0b1);
    assert_eq!(entitled(&holder(8, 1), 1_100), u64::MAX);
    assert_eq!(entitled(&holder(8, 2), 2_000), 0);
}
