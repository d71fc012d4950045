//! Settings: which of several counts, where it came from, and what a downloaded directory cannot do.

use std::path::{Path, PathBuf};

use patientport_tests::{Party, Run, TestContext};
use serde_json::{Value, json};

/// Runs in `directory`, without the variables that name node, registry and store, so that settings count.
fn run_in(party: &Party, directory: &Path, line: &str) -> Run {
    let mut command = party.command(line);
    command
        .current_dir(directory)
        .env_remove("ETH_RPC_URL")
        .env_remove("PATIENTPORT_REGISTRY")
        .env_remove("PATIENTPORT_STORE");
    Run::of(command.args(["--json", "--yes", "--no-input"]))
}

fn run(party: &Party, line: &str) -> Run {
    run_in(party, &party.directory, line)
}

fn write(path: &Path, value: &Value) {
    std::fs::write(path, value.to_string()).expect("the directory is writable");
}

fn keep(party: &Party, settings: &Value) {
    write(&party.home.join("config.json"), settings);
}

/// A directory that looks like a downloaded repository, with a project's file that says this.
fn project(context: &TestContext, says: &Value) -> PathBuf {
    let root = context.path("downloaded");
    let deep = root.join("src/deep");
    std::fs::create_dir_all(root.join(".git")).expect("the directory is writable");
    std::fs::create_dir_all(&deep).expect("the directory is writable");
    write(&root.join("patientport.json"), says);
    deep
}

/// Value and source of a setting.
fn setting(shown: &Value, name: &str) -> (Value, String) {
    let settings = shown["settings"].as_array().expect("settings are a list");
    let found = settings.iter().find(|it| it["name"] == name);
    let found = found.unwrap_or_else(|| panic!("no {name} in {shown:#}"));
    let source = found["source"].as_str().expect("a text").to_owned();
    (found["value"].clone(), source)
}

#[test]
fn every_source_gives_way_to_the_one_before_it_and_is_named() {
    let context = TestContext::with_port();
    let patient = &context.patient;
    let port = json!(context.port);
    keep(
        patient,
        &json!({
            "rpc_url": "http://file.example:1",
            "account": "patient",
            "networks": { "clinic": { "rpc_url": "http://clinic.example:2", "chain_id": 7 } },
            "profiles": { "work": { "rpc_url": "http://profile.example:3", "port": "work-port" } },
        }),
    );
    let deep = project(
        &context,
        &json!({ "network": "clinic", "port": context.port }),
    );
    let shown = |line: &str| run_in(patient, &deep, line).success();
    let file = patient.home.join("config.json").display().to_string();
    let by_project = context
        .path("downloaded")
        .join("patientport.json")
        .display()
        .to_string();

    // No command, half a command, a whole command: nothing of it is done.
    for line in [
        "--show-settings",
        "request approve --show-settings",
        "access revoke --show-settings",
    ] {
        let it = shown(line);
        let url = (
            json!("http://clinic.example:2"),
            "network clinic".to_owned(),
        );
        assert_eq!(setting(&it, "rpc_url"), url, "{line}");
        assert_eq!(
            setting(&it, "network"),
            (json!("clinic"), by_project.clone())
        );
        assert_eq!(setting(&it, "port"), (port.clone(), by_project.clone()));
        assert_eq!(setting(&it, "account"), (json!("patient"), file.clone()));
        assert_eq!(
            setting(&it, "verify_rpc_url"),
            (Value::Null, "default".to_owned())
        );
        assert_eq!(setting(&it, "home").1, "PATIENTPORT_HOME");
        assert_eq!(
            setting(&it, "password_file"),
            (json!("(set)"), "ETH_PASSWORD".to_owned())
        );
    }
    let it = shown("--show-settings --no-project");
    assert_eq!(
        setting(&it, "rpc_url"),
        (json!("http://file.example:1"), file)
    );
    let it = shown("--show-settings --profile work");
    assert_eq!(
        setting(&it, "rpc_url"),
        (json!("http://profile.example:3"), "profile work".to_owned())
    );
    assert_eq!(
        setting(&it, "port"),
        (json!("work-port"), "profile work".to_owned())
    );
    let it = shown("port show --rpc-url http://flag.example:4 --profile work --show-settings");
    assert_eq!(
        setting(&it, "rpc_url"),
        (json!("http://flag.example:4"), "--rpc-url".to_owned())
    );
    let mut command = patient.command("--show-settings --json");
    command.env("PATIENTPORT_PORT", "named");
    let it = Run::of(&mut command).success();
    assert_eq!(setting(&it, "rpc_url").1, "ETH_RPC_URL");
    assert_eq!(setting(&it, "store").1, "PATIENTPORT_STORE");
    assert_eq!(
        setting(&it, "port"),
        (json!("named"), "PATIENTPORT_PORT".to_owned())
    );
}

#[test]
fn what_is_shown_holds_no_credential() {
    let context = TestContext::bare();
    let line = "--show-settings --rpc-url https://me:hunter2@node.example/v3/token?key=hunter3 \
                --verify-rpc-url https://other.example/hunter4";
    let mut command = context.patient.command(line);
    let run = Run::of(command.arg("--json"));
    let it = run.success();
    let text = String::from_utf8_lossy(&run.stdout);
    assert!(
        !text.contains("hunter") && !text.contains("token") && !text.contains(".pass"),
        "{text}"
    );
    assert_eq!(setting(&it, "rpc_url").0, "https://node.example/…");
    let run = Run::of(&mut context.patient.command(line));
    let text = String::from_utf8_lossy(&run.stdout);
    assert!(
        text.starts_with("SETTING") && !text.contains("hunter"),
        "{text}"
    );
}

#[test]
fn a_downloaded_directory_chooses_among_what_is_known_and_introduces_nothing() {
    let context = TestContext::with_port();
    let patient = &context.patient;
    let url = context.node.url();
    keep(patient, &json!({ "rpc_url": url }));
    let known = patient.ok("port show")["registry"].clone();

    // What the home knows.
    let deep = project(&context, &json!({ "registry": known, "port": "mine" }));
    assert_eq!(
        run_in(patient, &deep, "port show").success()["address"],
        Value::Null
    );
    let mut command = patient.command("port show");
    let told = Run::of(command.current_dir(&deep)).stderr;
    assert!(
        told.contains("port mine") && told.contains("patientport.json"),
        "{told}"
    );

    // A registry, a port, a network of its own.
    let foreign = &context.stranger.address;
    let deep = project(&context, &json!({ "registry": foreign }));
    run_in(patient, &deep, "provider list").failure(2, "settings.project_unknown");
    run_in(patient, &deep, "port show").failure(2, "settings.project_unknown");
    let flag = format!(
        "port show --registry {}",
        known.as_str().expect("an address")
    );
    run_in(patient, &deep, &flag).success();
    run_in(patient, &deep, "port show --no-project").success();
    let deep = project(&context, &json!({ "port": foreign }));
    run_in(patient, &deep, "port show").failure(2, "settings.project_unknown");
    let deep = project(&context, &json!({ "network": "evil" }));
    run_in(patient, &deep, "port show").failure(2, "network.unknown");
    // Another node than the home's own, though the program knows it.
    let deep = project(&context, &json!({ "network": "embedded" }));
    run_in(patient, &deep, "port show").failure(2, "settings.project_unknown");
    run_in(patient, &deep, &format!("port show --rpc-url {url}")).success();
    // Node, stores, keys, other names: not in such a file, whatever they say.
    for member in ["rpc_url", "store", "account", "allow_http", "home"] {
        let deep = project(&context, &json!({ member: "x" }));
        run_in(patient, &deep, "port show").failure(2, "settings.unknown");
    }
}

#[test]
fn a_typing_error_in_a_settings_file_is_told_with_what_was_meant() {
    let context = TestContext::bare();
    keep(&context.patient, &json!({ "regsitry": "0x" }));
    let error = run(&context.patient, "wallet list").failure(2, "settings.unknown");
    let message = error["message"].as_str().expect("text");
    assert!(message.ends_with("did you mean `registry`?"), "{message}");
}

#[test]
fn a_key_as_an_argument_is_refused_and_not_repeated() {
    let context = TestContext::bare();
    let key = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";
    for line in [
        format!("wallet list --private-key {key}"),
        format!("wallet list --private-key={key}"),
    ] {
        let run = context.patient.run(&line);
        run.failure(2, "usage.secret_argument");
        let said = String::from_utf8_lossy(&run.stdout).into_owned() + &run.stderr;
        assert!(!said.contains("59c6995e"), "{said}");
    }
}

/// The network is `embedded`, by name.
mod on_devnode {
    use super::*;

    #[test]
    fn profiles_are_kept_and_chosen_by_name() {
        let context = TestContext::with_port();
        let patient = &context.patient;
        let url = context.node.url();
        run(patient, &format!("init --network embedded --rpc-url {url}")).success();
        let kept = run(
            patient,
            "init --profile away --rpc-url http://127.0.0.1:1 --account patient",
        )
        .success();
        assert_eq!(kept["settings"]["network"], "embedded");
        assert_eq!(kept["settings"]["profiles"]["away"]["account"], "patient");
        run(patient, "port show").success();
        run(patient, "port show --profile away").failure(3, "rpc.unreachable");
        run(patient, "init --profile away").failure(2, "settings.profile_exists");
        let error = run(patient, "port show --profile awya").failure(2, "settings.unknown_profile");
        assert!(
            error["message"].as_str().expect("text").contains("away"),
            "{error:#}"
        );
        run(patient, "init --profile ../x").failure(2, "home.invalid_name");
        // The general settings anew: profiles stay.
        let kept = run(patient, &format!("init --force --rpc-url {url}")).success();
        assert_eq!(kept["settings"].get("network"), None);
        assert!(kept["settings"]["profiles"]["away"].is_object());
        // A profile that the file itself chooses.
        let mut file = kept["settings"].clone();
        file["profile"] = json!("away");
        keep(patient, &file);
        run(patient, "port show").failure(3, "rpc.unreachable");
    }
}
