//! `patientport inbox`: what waits, listed for programs and decided on a terminal.

use std::{fs, time::Duration};

use alloy_sol_types::SolCall as _;
use patientport_abi::IPatientPort::requestCall;
use patientport_tests::{Proxy, Run, Session, TestContext, Trouble, on_terminal};
use serde_json::{Value, json};

const CHOICE: &str = "[a]pprove [d]eny [s]kip [q]uit [?]: ";
const SEND: &str = "send it? [y/N] ";
const DAY: Duration = Duration::from_hours(24);

/// Requests 1 and 2 of the specialist, and number 3 of primary care for the specialist.
fn with_requests() -> TestContext {
    let context = TestContext::with_port();
    let send = format!("request send --port {}", context.port);
    let (specialist, primary) = (&context.specialist, &context.primary);
    specialist.ok(&format!(
        "{send} --section 0 --until 30d --text 'second opinion'"
    ));
    specialist.ok(&format!(
        "{send} --section 0,1 --until 60d --rights read-write --purpose COC"
    ));
    primary.ok(&format!(
        "{send} --for {} --text 'please let Dr. Brandt read'",
        specialist.address
    ));
    context
}

#[track_caller]
fn ids(data: &Value) -> Vec<u64> {
    let requests = data["requests"].as_array().expect("a list");
    let id = |request: &Value| request["id"].as_u64().expect("a number");
    requests.iter().map(id).collect()
}

/// State of each request as the port's own list shows it.
fn states(context: &TestContext) -> Vec<String> {
    let listed = context
        .patient
        .ok(&format!("request list --port {}", context.port));
    let requests = listed["requests"].as_array().expect("a list");
    let state = |request: &Value| request["state"].as_str().expect("a state").to_owned();
    requests.iter().map(state).collect()
}

/// The inbox on a terminal, the password at hand.
fn inbox(context: &TestContext, answers: &[(&str, &str)]) -> (String, Option<i32>) {
    on_terminal(&mut context.patient.command("inbox"), answers)
}

/// No character that moves a cursor, colours, hides or reorders; line ends and the rubbing out of a key are the
/// terminal's own.
#[track_caller]
fn is_harmless(shown: &str) {
    for character in shown.chars() {
        let plain = !character.is_control() || "\r\n\u{8}".contains(character);
        let deceptive = "\u{202e}\u{2066}\u{200b}\u{e0041}\u{feff}".contains(character);
        assert!(plain && !deceptive, "{character:?} in {shown:?}");
    }
}

#[test]
fn without_a_password_the_inbox_shows_what_everybody_sees_and_in_words_what_is_asked() {
    let context = with_requests();
    let mut closed = context.patient.command("inbox --json --no-input");
    let listed = Run::of(closed.env_remove("ETH_PASSWORD")).success();
    assert_eq!(ids(&listed), [1, 2, 3]);
    assert_eq!(listed["requests"][0]["content"], "sealed");
    assert_eq!(listed["requests"][0]["asked"], Value::Null);

    // No terminal: nothing is asked.
    let shown = Run::of(&mut context.patient.command("inbox"));
    let text = String::from_utf8(shown.stdout).expect("text");
    assert_eq!(shown.exit_code, Some(0), "{}", shown.stderr);
    for words in [
        "request 1 at mine",
        "\"Dr. Tomas Brandt\" (verified)",
        "attested  by 0x",
        "sections  0 general, 1 imaging",
        "rights    read-write",
        "purpose   COC",
        "text      second opinion",
        "sections  as you choose",
        "change    new: it has no access now",
    ] {
        assert!(text.contains(words), "`{words}` is not in\n{text}");
    }
    // The inbox is the patient's.
    let line = format!("inbox --port {}", context.port);
    context.specialist.run(&line).failure(1, "port.not_owner");
    context
        .specialist
        .run("inbox")
        .failure(2, "port.none_known");
}

#[test]
fn one_request_after_another_is_approved_denied_and_skipped() {
    let context = with_requests();
    let (shown, code) = inbox(
        &context,
        &[
            (CHOICE, "x"),
            ("`x` is none of a, d, s, q and ?", "?"),
            ("which is public, and words", "a"),
            // Thought better of, then not.
            (SEND, "n"),
            ("not confirmed", "a"),
            (SEND, "y"),
            ("2 of 3: request 2 at mine", "d"),
            ("why (public)", "because"),
            ("`because` is none of them", "scope-too-wide"),
            ("words to the requester", "labs only, please"),
            (SEND, "y"),
            ("3 of 3: request 3 at mine", "s"),
        ],
    );
    assert_eq!(code, Some(0), "{shown}");
    for words in [
        "approve request 1",
        "key ",
        "about",
        "request 1 is approved",
        "deny request 2",
        "scope-too-wide (public)",
        "request 2 is denied (scope-too-wide)",
        "3 requests: 1 approved, 1 denied, 1 skipped, 0 left",
    ] {
        assert!(shown.contains(words), "`{words}` is not in\n{shown}");
    }
    assert_eq!(states(&context), ["approved", "denied", "pending"]);
    let told = context
        .specialist
        .ok(&format!("request show 2 --port {}", context.port));
    assert_eq!(told["denial"]["reason"], "scope-too-wide");
    assert_eq!(told["denial"]["text"], "labs only, please");
    let access = context.patient.ok("access list");
    assert_eq!(access["readers"][0]["sections"], json!([0]));

    // What the request leaves open is asked: sections by name, and until when.
    let (shown, code) = inbox(
        &context,
        &[
            (CHOICE, "a"),
            ("which sections", ""),
            (CHOICE, "a"),
            ("which sections", "nonsense"),
            ("until when", "1y"),
            ("knows no section", "a"),
            ("which sections", "imaging"),
            ("until when", "soon"),
            ("is not a time", "1y"),
            (SEND, "y"),
        ],
    );
    assert_eq!(code, Some(0), "{shown}");
    assert!(
        shown.contains("1 request: 1 approved, 0 denied, 0 skipped, 0 left"),
        "{shown}"
    );
    let access = context.patient.ok("access list");
    assert_eq!(access["readers"][0]["sections"], json!([0, 1]));

    let (shown, code) = inbox(&context, &[]);
    assert_eq!(
        (shown.as_str(), code),
        ("no request waits for an answer\r\n", Some(0))
    );
}

#[test]
fn quitting_leaves_the_rest_and_what_is_refused_is_asked_about_again() {
    let context = with_requests();
    let (shown, code) = inbox(&context, &[(CHOICE, "s"), ("2 of 3", "q")]);
    assert_eq!(code, Some(0), "{shown}");
    assert!(
        shown.contains("3 requests: 0 approved, 0 denied, 1 skipped, 2 left"),
        "{shown}"
    );
    // Ctrl-D is the same.
    let mut session = Session::start(&mut context.patient.command("inbox"));
    session.press(CHOICE, "\u{4}");
    let (shown, code) = session.end();
    assert_eq!(code, Some(0), "{shown}");

    // The requester withdraws while the patient looks at it.
    let mut session = Session::start(&mut context.patient.command("inbox"));
    session.wait_for(CHOICE);
    context
        .specialist
        .ok(&format!("request cancel 1 --port {}", context.port));
    session.answer("", "a");
    session.answer("error:", "s");
    session.answer("2 of 3", "q");
    let (shown, code) = session.end();
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(states(&context), ["cancelled", "pending", "pending"]);

    // Nobody vouches for the specialist any more.
    context
        .owner
        .ok(&format!("provider suspend {}", context.specialist.address));
    let (shown, code) = inbox(&context, &[(CHOICE, "a"), ("allow-unverified", "q")]);
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("not verified"), "{shown}");
}

#[test]
fn a_badly_sealed_request_is_shown_as_such_and_can_be_denied() {
    let context = TestContext::with_port();
    let call = requestCall {
        recipient: context.specialist.address.parse().expect("an address"),
        message: vec![7; 200].into(),
    };
    context.call(&context.specialist, &context.port, &call.abi_encode());
    let listed = context.patient.ok("inbox");
    assert_eq!(listed["requests"][0]["content"], "unreadable", "{listed:#}");
    assert_eq!(listed["requests"][0]["asked"], Value::Null);
    let (shown, code) = inbox(
        &context,
        &[
            ("cannot be read", "d"),
            ("why (public)", "other"),
            ("words to the requester", ""),
            (SEND, "y"),
        ],
    );
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(states(&context), ["denied"]);
}

#[test]
fn hostile_names_and_texts_never_reach_the_terminal_raw() {
    let context = TestContext::with_port();
    let hostile = "Dr.\u{1b}[2J\u{1b}]0;x\u{7}\u{202e}live\u{200b}\u{9b}31m\u{2066}";
    let (owner, stranger) = (&context.owner, &context.stranger);
    let mut register = stranger.command("provider register --kind clinic --yes --no-input");
    let registered = Run::of(register.args(["--name", hostile]));
    assert_eq!(registered.exit_code, Some(0), "{}", registered.stderr);
    owner.ok(&format!("provider attest {} --until 1y", stranger.address));
    let mut asking = stranger.command(&format!(
        "request send --port {} --yes --no-input",
        context.port
    ));
    let sent = Run::of(asking.args(["--section", "0", "--until", "30d", "--text", hostile]));
    assert_eq!(sent.exit_code, Some(0), "{}", sent.stderr);

    let (shown, code) = inbox(
        &context,
        &[
            (CHOICE, "a"),
            (SEND, "n"),
            (CHOICE, "d"),
            ("why (public)", "other"),
            ("words to the requester", "no"),
            (SEND, "y"),
        ],
    );
    assert_eq!(code, Some(0), "{shown}");
    is_harmless(&shown);
    assert!(
        shown.contains("\\u{1b}[2J") && shown.contains("\\u{202e}"),
        "{shown}"
    );
    let listed = Run::of(&mut context.patient.command("history"));
    is_harmless(&String::from_utf8_lossy(&listed.stdout));
}

#[test]
fn the_inbox_of_a_home_is_that_of_all_its_ports() {
    let context = with_requests();
    let issued = context.primary.ok(&format!(
        "port issue --patient {} --name second",
        context.patient.address
    ));
    let second = issued["port"].as_str().expect("an address");
    context.patient.ok(&format!(
        "port claim {second} --name second --section 5:dental"
    ));
    context.specialist.ok(&format!(
        "request send --port {second} --section 5 --until 30d --text teeth"
    ));
    let listed = context.patient.ok("inbox");
    let requests = listed["requests"].as_array().expect("a list");
    // In the order of their seconds; within one, port after port.
    let times = requests.iter().map(|it| it["requested_at"].as_u64());
    assert!(times.is_sorted(), "{listed:#}");
    let (teeth, others): (Vec<&Value>, Vec<_>) = requests
        .iter()
        .partition(|request| request["port_name"] == "second");
    let others: Vec<_> = others.iter().map(|it| it["id"].as_u64()).collect();
    assert_eq!(others, [Some(1), Some(2), Some(3)], "{listed:#}");
    assert_eq!(teeth.len(), 1, "{listed:#}");
    assert_eq!(teeth[0]["id"], 1);
    assert_eq!(teeth[0]["asked"]["section_names"], json!({ "5": "dental" }));
    assert_eq!(ids(&context.patient.ok("inbox --port second")), [1]);

    // A port that is not there any more keeps nobody from the other's requests.
    let ports = context.patient.home.join("ports.json");
    let known = fs::read_to_string(&ports).expect("the home knows its ports");
    let wrong = known.replace(
        &second.to_lowercase(),
        "0x00000000000000000000000000000000000000aa",
    );
    assert_ne!(wrong, known);
    fs::write(&ports, wrong).expect("the home is writable");
    let run = context.patient.run("inbox");
    assert_eq!(ids(&run.success()), [1, 2, 3]);
    assert_eq!(run.json()["warnings"][0]["code"], "inbox.port_left_out");
}

#[test]
fn ctrl_c_at_any_moment_leaves_what_was_sent_sent_and_nothing_half() {
    let context = with_requests();
    let patient = &context.patient;

    // At the password.
    let mut closed = patient.command("inbox");
    let mut session = Session::start(closed.env_remove("ETH_PASSWORD"));
    session.press("password of wallet `patient`: ", "pass\u{3}");
    let (shown, code) = session.end();
    assert_eq!(code, Some(130), "{shown}");
    assert!(
        !shown.contains("pass\r") && shown.contains("error: interrupted"),
        "{shown}"
    );

    // At the choice.
    let mut session = Session::start(&mut patient.command("inbox"));
    session.press(CHOICE, "\u{3}");
    let (shown, code) = session.end();
    assert_eq!(code, Some(130), "{shown}");

    // At the confirmation.
    let mut session = Session::start(&mut patient.command("inbox"));
    session.answer(CHOICE, "a");
    session.press(SEND, "\u{3}");
    let (shown, code) = session.end();
    assert_eq!(code, Some(130), "{shown}");
    assert_eq!(states(&context), ["pending", "pending", "pending"]);

    // While the receipt is waited for: it was sent, and stays so.
    let proxy = Proxy::start(context.node.address(), Trouble::HidesReceipts);
    let line = format!("inbox --rpc-url {}", proxy.url());
    let mut session = Session::start(&mut patient.command(&line));
    session.answer(CHOICE, "a");
    session.answer(SEND, "y");
    session.wait_for("sent 0x");
    session.interrupt();
    let (shown, code) = session.end();
    assert_eq!(code, Some(130), "{shown}");
    assert_eq!(states(&context), ["approved", "pending", "pending"]);

    // After the last decision, at the next question.
    let mut session = Session::start(&mut patient.command("inbox"));
    session.answer(CHOICE, "d");
    session.answer("why (public)", "other");
    session.answer("words to the requester", "");
    session.answer(SEND, "y");
    session.press(CHOICE, "\u{3}");
    let (shown, code) = session.end();
    assert_eq!(code, Some(130), "{shown}");
    assert!(
        shown.contains("2 requests: 0 approved, 1 denied, 0 skipped, 1 left"),
        "{shown}"
    );
    assert_eq!(states(&context), ["approved", "denied", "pending"]);
}

#[test]
fn a_request_shows_what_approving_it_would_give_and_cost() {
    let context = with_requests();
    let patient = &context.patient;
    let shown = patient.ok("request show 2");
    let approval = &shown["approval"];
    assert_eq!(approval["sections"], json!([0, 1]), "{shown:#}");
    assert_eq!(
        approval["section_names"],
        json!({ "0": "general", "1": "imaging" })
    );
    assert_eq!(approval["until"], shown["asked"]["until"]);
    assert_eq!(approval["refused"], Value::Null);
    let told = approval["gas"].as_u64().expect("gas");
    let sent = patient.ok("request approve 2");
    let used = sent["tx"]["gas_used"].as_u64().expect("gas");
    assert!(
        told >= used && told < used * 2,
        "{told} was told, {used} used"
    );
    let fee = approval["fee_wei"].as_str().expect("decimal digits");
    assert_ne!(fee.parse::<u128>().expect("decimal digits"), 0);
    // Answered, or leaving things open: there is nothing to tell.
    for line in ["request show 2", "request show 3"] {
        assert_eq!(patient.ok(line)["approval"], Value::Null, "{line}");
    }
    // What would be refused says so, and why.
    let refused = patient.ok("request show 1");
    assert_eq!(
        refused["approval"]["refused"], "access.rights_differ",
        "{refused:#}"
    );
    assert_eq!(refused["approval"]["gas"], Value::Null);
    let text = Run::of(&mut patient.command("request show 1"));
    let text = String::from_utf8(text.stdout).expect("text");
    assert!(text.contains("refused"), "{text}");
}

/// Requests lapse by time that passes.
mod on_devnode {
    use super::*;

    #[test]
    fn what_waits_is_listed_with_who_vouches_for_whom_and_what_would_change() {
        let context = with_requests();
        let patient = &context.patient;
        let listed = patient.ok("inbox");
        assert_eq!(ids(&listed), [1, 2, 3]);
        assert_eq!(listed["ports"], json!([context.port.to_lowercase()]));
        let [first, _, referred] = listed["requests"].as_array().expect("a list").as_slice() else {
            panic!("three requests: {listed:#}")
        };
        assert_eq!(first["content"], "open");
        assert_eq!(first["asked"]["text"], "second opinion");
        assert_eq!(
            first["asked"]["section_names"],
            json!({ "0": "general" }),
            "the patient's own names"
        );
        assert_eq!(
            (&first["effect"], &first["before"]),
            (&json!("new"), &Value::Null)
        );
        assert_eq!(
            first["requester"]["attester"],
            json!(context.owner.address.to_lowercase())
        );
        assert!(first["requester"]["attested_until"].is_u64(), "{first:#}");
        assert_eq!(
            referred["requester"]["account"],
            json!(context.primary.address.to_lowercase())
        );
        assert_eq!(referred["recipient"]["name"], "Dr. Tomas Brandt");
        assert_eq!(referred["asked"]["sections"], json!([]));

        patient.ok("request approve 1");
        let listed = patient.ok("inbox --list");
        assert_eq!(ids(&listed), [2, 3], "what is answered waits no more");
        assert_eq!(listed["requests"][0]["effect"], "wider");
        assert_eq!(listed["requests"][0]["before"]["sections"], json!([0]));
        // The same once more is nothing new.
        context.specialist.ok(&format!(
            "request send --port {} --section 0 --until 7d",
            context.port
        ));
        assert_eq!(patient.ok("inbox")["requests"][2]["effect"], "nothing");
        context
            .specialist
            .ok(&format!("request cancel 4 --port {}", context.port));
        patient.ok("request deny 2");
        assert_eq!(ids(&patient.ok("inbox")), [3]);
        context.devnode().pass(91 * DAY);
        assert_eq!(
            ids(&patient.ok("inbox")),
            [0_u64; 0],
            "what has lapsed waits no more"
        );
        assert_eq!(
            states(&context),
            ["approved", "denied", "lapsed", "cancelled"],
            "the history and the port's own view agree"
        );
        let shown = Run::of(&mut patient.command("inbox"));
        assert_eq!(shown.stdout, b"no request waits for an answer\n");
    }
}
