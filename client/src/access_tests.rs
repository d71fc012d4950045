#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use super::*;
use crate::port::AccessState;

const HAD_UNTIL: Timestamp = Timestamp(500);

/// A live grant to read sections 0 and 1.
fn previous() -> Access {
    Access {
        reader: Address::repeat_byte(7),
        sections: SectionSet::from_bits(0b11),
        held: SectionSet::from_bits(0b11),
        expiry: HAD_UNTIL,
        changed_at: Timestamp(1),
        rights: Some(Rights::Read),
        state: AccessState::Live,
    }
}

fn terms(sections: u64, rights: Rights, replace: bool) -> Terms {
    Terms {
        sections: SectionSet::from_bits(sections),
        until: Timestamp(900),
        rights,
        allow_unverified: false,
        replace,
    }
}

#[test]
fn sections_that_were_not_named_are_kept_only_with_the_rights_they_have() {
    let granted = |terms: &Terms| sections_of(&previous(), terms).map(SectionSet::bits);
    assert_eq!(granted(&terms(0b100, Rights::Read, false)).unwrap(), 0b111);
    // Writing to section 2 is not writing to 0 and 1.
    for rights in [Rights::Write, Rights::ReadWrite] {
        let refused = granted(&terms(0b100, rights, false)).unwrap_err();
        assert_eq!(refused.code(), "access.rights_differ");
        assert!(refused.to_string().contains("section 0, 1"), "{refused}");
        assert!(granted(&terms(0b101, rights, false)).is_err());
        // Everything was named, or the rest given up.
        assert_eq!(granted(&terms(0b111, rights, false)).unwrap(), 0b111);
        assert_eq!(granted(&terms(0b100, rights, true)).unwrap(), 0b100);
    }
    let expired = previous().at(HAD_UNTIL);
    let anew = sections_of(&expired, &terms(0b100, Rights::Write, false)).unwrap();
    assert_eq!(anew.bits(), 0b100);
}

#[test]
fn sections_that_were_not_named_never_end_earlier() {
    let granted = |sections, until, replace| {
        let terms = Terms {
            until: Timestamp(until),
            ..terms(sections, Rights::Read, replace)
        };
        sections_of(&previous(), &terms).map(SectionSet::bits)
    };
    let refused = granted(0b101, 499, false).unwrap_err();
    assert_eq!(refused.code(), "access.would_shorten");
    assert!(refused.to_string().contains("section 1 "), "{refused}");
    // As long as before, everything named, or the rest given up.
    assert_eq!(granted(0b100, 500, false).unwrap(), 0b111);
    assert_eq!(granted(0b011, 499, false).unwrap(), 0b011);
    assert_eq!(granted(0b100, 499, true).unwrap(), 0b100);
}

#[test]
fn every_change_of_rights_and_end_is_told_per_section() {
    let terms = terms(0b110, Rights::ReadWrite, true);
    let had = Standing {
        rights: Rights::Read,
        until: HAD_UNTIL,
    };
    let has = Standing {
        rights: Rights::ReadWrite,
        until: terms.until,
    };
    let told = changes(&previous(), terms.sections, &terms);
    let told: Vec<_> = told
        .iter()
        .map(|it| (it.section.get(), it.before, it.after))
        .collect();
    assert_eq!(
        told,
        [
            (0, Some(had), None),
            (1, Some(had), Some(has)),
            (2, None, Some(has))
        ]
    );
}
