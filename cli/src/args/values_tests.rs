#![allow(clippy::unwrap_used, reason = "a failed parse fails the test")]
use super::*;

/// 2026-11-22T20:00:00Z.
const NOW: u64 = 1_795_377_600;

fn at(text: &str) -> u64 {
    text.parse::<Until>().unwrap().resolve(NOW).unwrap()
}

#[test]
fn since_a_date_means_from_its_first_second() {
    assert_eq!(since("2026-11-22").unwrap(), 1_795_305_600);
    assert_eq!(since("2026-11-22T20:00:00Z").unwrap(), 1_795_377_600);
    assert_eq!(since("1795377600").unwrap(), 1_795_377_600);
    assert_eq!(since("0").unwrap(), 0);
    for text in ["", "30d", "yesterday", "2026-13-01", "1969-01-01", "-1"] {
        assert!(since(text).is_err(), "`{text}` was taken");
    }
}

#[test]
fn spans_count_from_now_in_utc() {
    assert_eq!(at("30d"), NOW + 30 * 86_400);
    assert_eq!(at("2w"), NOW + 14 * 86_400);
    assert_eq!(at("12h"), NOW + 12 * 3600);
    assert_eq!(at("90s"), NOW + 90);
    // 22 November to 22 May: 30 - 22 + 31 + 31 + 28 + 31 + 30 + 22 days.
    assert_eq!(at("6mo"), NOW + 181 * 86_400);
    assert_eq!(at("1y"), NOW + 365 * 86_400);
    // The longest that a port grants, leap years or not.
    assert_eq!(at("5y"), NOW + 5 * 365 * 86_400);
}

#[test]
fn a_date_lasts_through_its_day_in_utc() {
    assert_eq!(at("2026-11-22"), 1_795_392_000);
    assert_eq!(at("2026-11-22T20:00:00Z"), NOW);
    assert_eq!(at("2026-11-22T21:00:00+01:00"), NOW);
    assert_eq!(at("1795377600"), NOW);
}

#[test]
fn times_that_mean_nothing_are_refused() {
    for text in [
        "",
        "30",
        "0d",
        "-1d",
        "1.5d",
        "d",
        "30x",
        "tomorrow",
        "2026-13-01",
        "2026-02-30",
        "99999999999999999999",
        "9999999d",
        "1969-12-30",
        "20261122",
        "2026-11-22T20:00",
    ] {
        assert!(text.parse::<Until>().is_err(), "`{text}` was taken");
    }
}

#[test]
fn waiting_times_have_units_and_bounds() {
    assert_eq!(timeout("90s").unwrap().as_secs(), 90);
    assert_eq!(timeout("5m").unwrap().as_secs(), 300);
    assert_eq!(timeout("1h").unwrap().as_secs(), 3600);
    assert_eq!(timeout("45").unwrap().as_secs(), 45);
    for text in [
        "",
        "0s",
        "25h",
        "1d",
        "s",
        "1.5s",
        "-1s",
        "9223372036854775807h",
    ] {
        assert!(timeout(text).is_err(), "`{text}` was taken");
    }
}

#[test]
fn lengths_of_time_have_units_and_fit_the_port() {
    assert_eq!(seconds("0s"), Ok(0));
    assert_eq!(seconds("90m"), Ok(5_400));
    assert_eq!(seconds("4h"), Ok(14_400));
    assert_eq!(seconds("7d"), Ok(604_800));
    for text in [
        "",
        "45",
        "s",
        "-1s",
        "1.5h",
        "1w",
        "4294967296s",
        "49711d",
        "9223372036854775807d",
    ] {
        assert!(seconds(text).is_err(), "`{text}` was taken");
    }
}

#[test]
fn section_sets_are_numbers_ranges_and_lists() {
    let set = |text: &str| text.parse::<SectionSetArg>().map(|set| set.0);
    assert_eq!(set("0"), Ok(vec![0]));
    assert_eq!(set("5,0,2-4,3"), Ok(vec![0, 2, 3, 4, 5]));
    assert_eq!(set("64"), Err(ValueError::Section("64".into())));
    assert_eq!(set("4-2"), Err(ValueError::Range("4-2".into())));
    for text in ["", ",", "1,", "a", "-1", "1--2", "+1"] {
        assert!(set(text).is_err(), "`{text}` was taken");
    }
}

#[test]
fn a_section_is_meant_by_number_or_by_name() {
    assert_eq!("0-1".parse(), Ok(SectionRef::Numbers(vec![0, 1])));
    assert_eq!("labs".parse(), Ok(SectionRef::Name("labs".into())));
    assert!("7up".parse::<SectionRef>().is_err());
    assert_eq!(SectionRef::Numbers(vec![1, 3]).to_string(), "1,3");
}

#[test]
fn a_new_section_may_carry_a_name() {
    assert_eq!(
        "3".parse(),
        Ok(NewSection {
            number: 3,
            name: None
        })
    );
    assert_eq!(
        "3:labs".parse(),
        Ok(NewSection {
            number: 3,
            name: Some("labs".into())
        })
    );
    for text in ["", "64:labs", ":labs", "3:", "3:a\u{7}b", "3:1st"] {
        assert!(text.parse::<NewSection>().is_err(), "`{text}` was taken");
    }
    assert!(
        format!("3:{}", "x".repeat(65))
            .parse::<NewSection>()
            .is_err()
    );
}

#[test]
fn a_commitment_is_64_digits() {
    let digits = "ab".repeat(32);
    assert_eq!(
        digits.parse::<CommitmentArg>(),
        format!("0x{digits}").parse()
    );
    for text in ["", "0x", &digits[1..], &"zz".repeat(32)] {
        assert!(text.parse::<CommitmentArg>().is_err(), "`{text}` was taken");
    }
}

#[test]
fn addresses_and_numbers_are_refused_in_words() {
    let said = |error: ValueError| error.to_string();
    assert_eq!(
        said(address("brandt").unwrap_err()),
        "`brandt` is not an address: 0x and 40 hexadecimal digits"
    );
    assert!(address("0x123").is_err());
    assert!(address("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC").is_ok());
    assert!(hash("0x12").is_err());
    assert_eq!(record_number("7"), Ok(7));
    for text in ["", "abc", "-1", "+1", "4294967296"] {
        assert_eq!(
            said(record_number(text).unwrap_err()),
            format!("`{text}` is not a record number")
        );
    }
    assert_eq!(
        said(request_number("abc").unwrap_err()),
        "`abc` is not a request number"
    );
}
