//! Port cards: what is given by hand finds out what was changed on the way.

use patientport_tests::{Run, TestContext};
use serde_json::json;

#[test]
fn a_card_stands_for_a_port_and_pins_its_key() {
    let context = TestContext::with_port();
    let made = context.patient.ok("port card");
    assert_eq!(made["checked"], "own-key", "{made:#}");
    let card = made["card"].as_str().expect("a card").to_owned();
    let chain = context.node.chain_id();
    let start = format!("patientport:{chain}:0x");
    assert!(card.starts_with(&start), "{card}");
    let fingerprint = made["fingerprint"].as_str().expect("a fingerprint");
    assert!(card.ends_with(&format!("#{fingerprint}")), "{card}");

    context.specialist.ok(&format!(
        "request send --port '{card}' --section 0 --until 30d --text 'second opinion'"
    ));
    let shown = context.specialist.ok(&format!("port show '{card}'"));
    assert_eq!(shown["port"], json!(context.port.to_lowercase()));
    let again = context
        .specialist
        .ok(&format!("port card {}", context.port));
    assert_eq!(again["checked"], "seen-before");
    assert_eq!(again["card"], made["card"]);

    // A home that knows neither prints what the node says, and says so.
    let run = context.stranger.run(&format!("port card {}", context.port));
    assert_eq!(run.success()["checked"], "nothing");
    assert_eq!(run.json()["warnings"][0]["code"], "card.unchecked");

    // As a code for a telephone; without a terminal only if asked for.
    let run = Run::of(&mut context.patient.command("port card"));
    assert_eq!(String::from_utf8_lossy(&run.stdout), format!("{card}\n"));
    let run = Run::of(&mut context.patient.command("port card --qr"));
    let drawn = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(
        drawn.lines().count() > 15 && drawn.ends_with(&format!("{card}\n")),
        "{drawn}"
    );
}

#[test]
fn a_card_that_does_not_fit_what_the_node_shows_is_refused_before_anything_is_sent() {
    let context = TestContext::with_port();
    let made = context.patient.ok("port card");
    let card = made["card"].as_str().expect("a card").to_owned();
    let fingerprint = made["fingerprint"].as_str().expect("a fingerprint");
    let issued = context.primary.ok(&format!(
        "port issue --patient {} --name second",
        context.stranger.address
    ));
    let second = issued["port"].as_str().expect("an address").to_owned();
    let chain = context.node.chain_id();
    let swapped = format!("patientport:{chain}:{second}#{fingerprint}");
    let before = context.sent() + 1;
    let ask = |card: &str| {
        let line = format!("request send --port '{card}' --section 0 --until 30d --text x");
        context.specialist.run(&line)
    };
    ask(&swapped).failure(1, "port.not_claimed");
    context.stranger.ok(&format!("port claim {second}"));
    let error = ask(&swapped).failure(1, "card.other_key");
    assert!(
        error["message"]
            .as_str()
            .is_some_and(|it| it.contains(fingerprint)),
        "{error:#}"
    );
    ask(&card.replacen(&format!(":{chain}:"), ":1:", 1)).failure(2, "card.other_chain");
    ask(&card[..card.len() - 1]).failure(2, "card.invalid");
    let address = card
        .split([':', '#'])
        .nth(2)
        .expect("a card has an address");
    let nowhere = card.replace(address, &format!("0x{}", "11".repeat(20)));
    ask(&nowhere).failure(1, "port.not_a_port");
    assert_eq!(context.sent(), before);

    // The patient changes the key: the old card is told from the new one, and so is what was seen before.
    ask(&card).success();
    context.patient.ok("port change-key --include-unseen");
    ask(&card).failure(1, "card.other_key");
    let made = context.patient.ok("port card");
    let new = made["card"].as_str().expect("a card").to_owned();
    ask(&new).failure(1, "pin.changed");
    let line = format!("request send --port '{new}' --section 0 --until 30d --text x");
    context.specialist.ok(&format!("{line} --accept-new-key"));
    ask(&new).success();
}
