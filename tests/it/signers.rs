//! What can sign: wallets of the home and of Foundry, keystores by path, keys typed for one run, accounts of words.

use std::path::PathBuf;
use std::process::Command;

use patientport_tests::{Party, Run, TestContext, on_terminal, utf8};
use serde_json::json;

/// The words of the development accounts, whose keys everybody knows.
const WORDS: &str = "test test test test test test test test test test test junk\n";
const ACCOUNT_1: &str = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8";

/// A directory that stands for somebody's own, with a keystore of Foundry's in it.
fn foundry(context: &TestContext, party: &Party, name: &str) -> PathBuf {
    let user = context.path("user");
    let keystores = user.join(".foundry/keystores");
    std::fs::create_dir_all(&keystores).expect("the directory is writable");
    let from = party.home.join(format!("wallets/{}.json", party.name));
    std::fs::copy(from, keystores.join(name)).expect("a wallet is a keystore");
    user
}

fn with_home(party: &Party, user: &std::path::Path, line: &str) -> Command {
    let mut command = party.command(line);
    command
        .env("HOME", user)
        .args(["--json", "--yes", "--no-input"]);
    command
}

#[test]
fn a_keystore_of_foundry_signs_by_name_and_by_path() {
    let context = TestContext::with_providers();
    let primary = &context.primary;
    let user = foundry(&context, primary, "clinic");
    let issue = format!("port issue --patient {}", context.patient.address);
    // The stranger's home, Foundry's wallet; the name of a wallet in the home comes first.
    let by_name = |line: &str| {
        let mut command = with_home(&context.stranger, &user, line);
        command.env("ETH_PASSWORD", &primary.password_file);
        Run::of(&mut command)
    };
    let issued = by_name(&format!("{issue} --account clinic")).success();
    assert_eq!(
        issued["issuer"]["account"]
            .as_str()
            .or(issued["issuer"].as_str()),
        Some(primary.address.as_str())
    );
    by_name(&format!("{issue} --account clinik")).failure(2, "wallet.unknown");
    by_name(&format!("{issue} --account ../keystores/clinic")).failure(2, "home.invalid_name");

    let directory = user.join(".foundry/keystores");
    let file = directory.join("clinic");
    for path in [&directory, &file] {
        let mut command = with_home(&context.stranger, &user, &issue);
        command
            .env("ETH_KEYSTORE", path)
            .env("ETH_PASSWORD", &primary.password_file);
        Run::of(&mut command).success();
    }
    // A flag that names a wallet beats a keystore of the environment.
    let mut command = with_home(
        &context.stranger,
        &user,
        &format!("{issue} --account stranger"),
    );
    command.env("ETH_KEYSTORE", &file);
    Run::of(&mut command).failure(1, "provider.unverified");
}

#[test]
fn who_has_to_sign_can_be_said_and_is_held_against_who_does() {
    let context = TestContext::with_providers();
    let primary = &context.primary;
    let issue = format!("port issue --patient {}", context.patient.address);
    let from = |address: &str, more: &str| primary.run(&format!("{issue} --from {address} {more}"));
    from(&primary.address, "").success();
    from(&context.stranger.address, "--account primary").failure(2, "wallet.other_sender");
    from(&context.stranger.address, "").failure(2, "wallet.other_sender");
    // Only looked at: no wallet of this home has it, and none is needed.
    let mut command = context.stranger.command(&format!(
        "{issue} --from {} --dry-run --json",
        primary.address
    ));
    command.env_remove("ETH_PASSWORD");
    let looked = Run::of(&mut command).success();
    assert_eq!(looked["from"], json!(primary.address));
    let out = context.path("unsigned.json");
    let mut command = context
        .stranger
        .command(&format!("{issue} --unsigned {} --json", utf8(&out)));
    command
        .env_remove("ETH_PASSWORD")
        .env("ETH_FROM", &primary.address);
    assert_eq!(
        Run::of(&mut command).success()["from"],
        json!(primary.address)
    );
}

#[test]
fn a_key_is_typed_for_one_run_and_kept_nowhere() {
    let context = TestContext::with_providers();
    let primary = &context.primary;
    let all = primary.ok("wallet list")["wallets"].clone();
    let line = format!(
        "provider attester add {} --interactive --yes",
        context.stranger.address
    );
    let mut command = context.owner.command(&line);
    let key = primary.account.key();
    let (screen, code) = on_terminal(&mut command, &[("private key", &key)]);
    assert!(!screen.contains(&key[2..]), "{screen}");
    // That account owns no registry, which the registry says: it was asked as the key's account.
    assert_eq!(code, Some(1), "{screen}");
    assert!(screen.to_lowercase().contains(&primary.address), "{screen}");
    assert_eq!(primary.ok("wallet list")["wallets"], all);
    context
        .owner
        .run(&format!(
            "provider attester add {} --interactive",
            context.stranger.address
        ))
        .failure(2, "usage.flag_needed");
}

#[test]
fn words_of_another_program_become_wallets() {
    let context = TestContext::bare();
    let party = &context.stranger;
    let words = context.file("words", WORDS.as_bytes());
    let import = |name: &str, more: &str| {
        party.run(&format!(
            "wallet import {name} --mnemonic-file {} {more} --scrypt-log-n 13",
            utf8(&words)
        ))
    };
    assert_eq!(
        import("one", "--mnemonic-index 1").success()["address"],
        ACCOUNT_1
    );
    let by_path = import(
        "two",
        "--mnemonic-derivation-path m/44'/60'/0'/0/1"
            .replace('\'', "h")
            .as_str(),
    );
    assert_eq!(by_path.success()["address"], ACCOUNT_1);
    import("three", "--mnemonic-derivation-path 44/60").failure(2, "phrase.invalid");
    import("three", "--dev 0").failure(2, "usage.arguments");
    let wrong = context.file("wrong", WORDS.replace("junk", "test").as_bytes());
    let run = party.run(&format!(
        "wallet import three --mnemonic-file {}",
        utf8(&wrong)
    ));
    let error = run.failure(2, "phrase.invalid");
    assert!(!error.to_string().contains("test test"), "{error:#}");
    party
        .run("wallet import three --mnemonic")
        .failure(2, "usage.flag_needed");
    let mut command = party.command(&format!(
        "wallet import four --mnemonic --mnemonic-index 1 --password-file {} --scrypt-log-n 13",
        utf8(&party.password_file)
    ));
    let (screen, code) = on_terminal(&mut command, &[("words", WORDS.trim())]);
    assert_eq!(code, Some(0), "{screen}");
    assert!(
        !screen.contains("junk") && screen.to_lowercase().contains(ACCOUNT_1),
        "{screen}"
    );
}

#[test]
fn without_support_for_a_device_it_says_how_to_get_it() {
    let context = TestContext::with_providers();
    for (flag, feature) in [("--ledger", "ledger"), ("-t", "trezor")] {
        let line = format!("port issue --patient {} {flag}", context.patient.address);
        let run = context.primary.run(&line);
        let document = run.json();
        let error = &document["errors"][0];
        // A program that was built with support finds no device here.
        if error["code"] == "wallet.device_failed" {
            run.failure(3, "wallet.device_failed");
        } else {
            let error = run.failure(2, "wallet.no_device_support");
            assert!(
                error["hint"].as_str().expect("text").contains(feature),
                "{error:#}"
            );
        }
    }
}
