#![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
use super::*;
use crate::args::groups::{NetworkArgs, WalletArgs};

fn resolve(args: &GlobalArgs) -> Result<Settings, Error> {
    Settings::resolve(args, None, false)
}

fn args(home: &std::path::Path) -> GlobalArgs {
    GlobalArgs {
        network: NetworkArgs {
            home: Some(home.to_owned()),
            ..NetworkArgs::default()
        },
        ..GlobalArgs::default()
    }
}

#[test]
fn flags_beat_the_settings_file_and_it_beats_defaults() {
    let root = tempfile::tempdir().unwrap();
    let settings = resolve(&args(root.path())).unwrap();
    assert_eq!(settings.rpc_url, DEFAULT_RPC_URL);
    let directory = |path: PathBuf| [Location::Directory(path)];
    assert_eq!(settings.stores, directory(root.path().join("store")));
    std::fs::write(
        root.path().join("config.json"),
        r#"{ "rpc_url": "http://node:1", "account": "alice", "store": "/records" }"#,
    )
    .unwrap();
    let settings = resolve(&args(root.path())).unwrap();
    assert_eq!(settings.rpc_url, "http://node:1");
    assert_eq!(settings.account.as_deref(), Some("alice"));
    assert_eq!(settings.stores, directory("/records".into()));
    let mut flags = args(root.path());
    flags.network.rpc_url = Some("http://other:2".into());
    flags.wallet = WalletArgs {
        account: Some("bob".into()),
        ..WalletArgs::default()
    };
    let settings = resolve(&flags).unwrap();
    assert_eq!(settings.rpc_url, "http://other:2");
    assert_eq!(settings.account.as_deref(), Some("bob"));
}

#[test]
fn stores_are_one_or_a_list_and_each_counts_once() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(
        root.path().join("config.json"),
        r#"{ "store": ["/records", "s3://bucket/a/", "https://host.example/b", "s3://bucket/a"] }"#,
    )
    .unwrap();
    let shown = |settings: &Settings| -> Vec<String> {
        settings.stores.iter().map(ToString::to_string).collect()
    };
    let settings = resolve(&args(root.path())).unwrap();
    assert_eq!(
        shown(&settings),
        ["/records", "s3://bucket/a", "https://host.example/b"]
    );
    assert!(!settings.stores_by_flag);
    let mut flags = args(root.path());
    flags.network.stores = vec!["/one".into(), "/two".into(), "".into()];
    let settings = resolve(&flags).unwrap();
    assert_eq!(shown(&settings), ["/one", "/two"]);
    assert!(settings.stores_by_flag);
    flags.network.stores = vec!["ftp://host/".into()];
    let error = resolve(&flags).unwrap_err();
    assert_eq!(error.code(), "store.invalid_location");
}

#[test]
fn a_misspelt_setting_is_seen() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("config.json"), r#"{ "rcp_url": "x" }"#).unwrap();
    let error = resolve(&args(root.path())).unwrap_err();
    assert_eq!(error.code(), "settings.unknown");
    assert!(
        error.to_string().ends_with("did you mean `rpc_url`?"),
        "{error}"
    );
}
