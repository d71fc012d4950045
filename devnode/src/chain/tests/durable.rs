//! The file a chain is kept in: what it holds, what it refuses, what a failing disk does.

use super::*;
use crate::{
    chain::{ChainEvent, ChangeError, Mining, SharedChain},
    store::StoreError,
};
use alloy_primitives::B256;
use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};
use tempfile::TempDir;

fn file(directory: &TempDir) -> PathBuf {
    directory.path().join("chain")
}

fn open(path: &Path) -> SharedChain {
    SharedChain::open(path, params(), CLOCK, None).unwrap()
}

fn refusal(path: &Path, params: ChainParams) -> StoreError {
    SharedChain::open(path, params, CLOCK, None).unwrap_err()
}

fn submit(chain: &SharedChain, tx: SignedTransaction) -> B256 {
    chain.change(|chain| chain.submit(tx)).unwrap().unwrap()
}

/// Everything a client could ask about the past and the present.
fn describe(chain: &Chain) -> String {
    let mut text = String::new();
    for number in 0..=chain.head().number() {
        let block = chain.block(number).unwrap();
        assert_eq!(chain.block_by_hash(block.hash()).unwrap().number(), number);
        let state = chain.state(crate::chain::At::Block(number)).unwrap();
        let accounts = [address(0), address(1), address(2), Address::repeat_byte(7)];
        let seen: Vec<_> = accounts
            .into_iter()
            .chain([LOGGER_ADDRESS])
            .map(|account| {
                (
                    state.balance(account),
                    state.nonce(account),
                    state.code(account),
                    state.storage(account, B256::ZERO),
                )
            })
            .collect();
        writeln!(text, "{block:?} {seen:?}").unwrap();
        for entry in block.entries() {
            assert!(chain.transaction(entry.transaction.hash()).is_some());
        }
    }
    let logs = chain.logs(&crate::chain::LogQuery {
        to_block: u64::MAX,
        ..crate::chain::LogQuery::default()
    });
    write!(text, "{} {:?}", logs.len(), chain.mining()).unwrap();
    text
}

/// One of everything that is kept.
fn live(chain: &SharedChain) {
    submit(chain, sign(1, transfer(0)));
    submit(chain, sign(1, log_call(1, 9)));
    let creation = TxEip1559 {
        to: TxKind::Create,
        // Returns one byte of code, STOP.
        input: Bytes::from_static(&[0x60, 0x01, 0x5f, 0xf3]),
        value: U256::ZERO,
        ..transfer(2)
    };
    submit(chain, sign(1, creation));
    chain
        .change(|chain| {
            chain.set_balance(address(2), U256::from(77)).unwrap();
            chain.set_nonce(address(2), 9);
            chain.set_code(Address::repeat_byte(7), &Bytes::from_static(&[0x5f, 0xff]));
            chain.set_storage(LOGGER_ADDRESS, B256::ZERO, B256::repeat_byte(3));
        })
        .unwrap();
    let sender = LOGGER_ADDRESS;
    chain
        .change(|chain| chain.set_balance(sender, U256::from(10).pow(U256::from(18))))
        .unwrap()
        .unwrap();
    let impersonated =
        SignedTransaction::try_impersonated(transfer(0).into(), sender, params().chain_id).unwrap();
    submit(chain, impersonated);
    chain
        .change(|chain| chain.increase_time(50))
        .unwrap()
        .unwrap();
    chain
        .change(|chain| chain.set_mining(Mining::Manual))
        .unwrap();
    for nonce in 3..6 {
        submit(chain, sign(1, log_call(nonce, 2)));
    }
    chain.change(Chain::mine).unwrap();
    chain.change(Chain::mine).unwrap();
}

#[test]
fn a_restart_changes_nothing() {
    let directory = TempDir::new().unwrap();
    let path = file(&directory);
    let chain = open(&path);
    live(&chain);
    let before = describe(&chain.read().unwrap());
    drop(chain);
    let chain = open(&path);
    assert_eq!(describe(&chain.read().unwrap()), before);

    // It goes on as one that was never stopped.
    let unstopped = SharedChain::new(new_chain());
    live(&unstopped);
    for chain in [&chain, &unstopped] {
        submit(chain, sign(1, log_call(6, 3)));
        chain.change(Chain::mine).unwrap();
    }
    let (chain, unstopped) = (chain.read().unwrap(), unstopped.read().unwrap());
    assert_eq!(describe(&chain), describe(&unstopped));
    assert_eq!(chain.head().timestamp(), 1_800_000_050);
}

#[test]
fn a_clock_that_was_set_stays_set() {
    let directory = TempDir::new().unwrap();
    let path = file(&directory);
    let wanted = 1_800_000_500;
    let chain = open(&path);
    chain
        .change(|chain| chain.set_time(wanted))
        .unwrap()
        .unwrap();
    drop(chain);
    let chain = open(&path);
    chain.change(Chain::mine).unwrap();
    assert_eq!(chain.read().unwrap().head().timestamp(), wanted);
}

#[test]
fn a_mode_from_the_command_line_is_not_remembered() {
    let directory = TempDir::new().unwrap();
    let path = file(&directory);
    let interval = Mining::Interval(Duration::from_secs(9));
    let chain = SharedChain::open(&path, params(), CLOCK, Some(interval)).unwrap();
    assert_eq!(chain.read().unwrap().mining(), interval);
    chain.change(Chain::mine).unwrap();
    drop(chain);
    assert_eq!(open(&path).read().unwrap().mining(), Mining::OnDemand);
}

#[test]
fn going_back_is_durable() {
    let directory = TempDir::new().unwrap();
    let path = file(&directory);
    let chain = open(&path);
    submit(&chain, sign(1, transfer(0)));
    let before = describe(&chain.read().unwrap());
    let mark = chain.change(Chain::snapshot).unwrap();
    submit(&chain, sign(1, transfer(1)));
    chain
        .change(|chain| chain.increase_time(9))
        .unwrap()
        .unwrap();
    assert!(chain.revert(mark, |_, _| ()).unwrap());
    assert!(!chain.revert(mark, |_, _| ()).unwrap(), "a mark works once");
    drop(chain);

    let chain = open(&path);
    assert_eq!(describe(&chain.read().unwrap()), before);
    let again = submit(&chain, sign(1, transfer(1)));
    drop(chain);
    let chain = open(&path);
    assert_eq!(
        chain
            .read()
            .unwrap()
            .transaction(again)
            .unwrap()
            .block
            .number(),
        2
    );
}

#[test]
fn a_file_in_use_is_refused() {
    let directory = TempDir::new().unwrap();
    let path = file(&directory);
    let first = open(&path);
    let error = refusal(&path, params());
    assert!(matches!(error, StoreError::Locked { .. }), "{error:?}");
    drop(first);
    open(&path);
}

#[test]
fn a_file_of_another_chain_is_refused() {
    let directory = TempDir::new().unwrap();
    let path = file(&directory);
    drop(open(&path));
    let other_id = ChainParams {
        chain_id: 5,
        ..params()
    };
    assert!(matches!(
        refusal(&path, other_id),
        StoreError::OtherChain {
            found: 412_346,
            wanted: 5,
            ..
        }
    ));
    let other_arbos = ChainParams {
        arbos_version: crate::arbos::ArbosVersion::try_new(60).unwrap(),
        ..params()
    };
    assert!(matches!(
        refusal(&path, other_arbos),
        StoreError::OtherArbos {
            found: 51,
            wanted: 60,
            ..
        }
    ));
    open(&path);
}

#[test]
fn files_of_others_are_refused_and_left_alone() {
    let directory = TempDir::new().unwrap();
    let path = file(&directory);
    let text = "not a chain, but somebody's letter\n".repeat(200);
    fs::write(&path, &text).unwrap();
    assert!(matches!(
        refusal(&path, params()),
        StoreError::Foreign { .. }
    ));
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    fs::remove_file(&path).unwrap();

    let database = redb::Database::create(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    let table: redb::TableDefinition<'_, u64, u64> = redb::TableDefinition::new("birthdays");
    transaction.open_table(table).unwrap().insert(1, 2).unwrap();
    transaction.commit().unwrap();
    drop(database);
    assert!(matches!(
        refusal(&path, params()),
        StoreError::Foreign { .. }
    ));

    let nowhere = directory.path().join("no/such/directory/chain");
    assert!(matches!(refusal(&nowhere, params()), StoreError::Io { .. }));
}

#[test]
fn a_file_of_another_format_is_refused() {
    let directory = TempDir::new().unwrap();
    let path = file(&directory);
    drop(open(&path));
    let database = redb::Database::open(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    let about: redb::TableDefinition<'_, &str, &[u8]> = redb::TableDefinition::new("about");
    transaction
        .open_table(about)
        .unwrap()
        .insert("format", &2_u64.to_le_bytes()[..])
        .unwrap();
    transaction.commit().unwrap();
    drop(database);
    assert!(matches!(
        refusal(&path, params()),
        StoreError::Format {
            found: 2,
            wanted: 1,
            ..
        }
    ));
}

#[test]
fn a_changed_or_missing_row_is_noticed() {
    let rows: redb::TableDefinition<'_, u64, &[u8]> = redb::TableDefinition::new("blocks");
    for remove in [false, true] {
        let directory = TempDir::new().unwrap();
        let path = file(&directory);
        let chain = open(&path);
        submit(&chain, sign(1, transfer(0)));
        submit(&chain, sign(1, transfer(1)));
        drop(chain);
        let database = redb::Database::open(&path).unwrap();
        let transaction = database.begin_write().unwrap();
        {
            let mut table = transaction.open_table(rows).unwrap();
            let mut row = table.remove(1).unwrap().unwrap().value().to_vec();
            row[20] ^= 1;
            if !remove {
                table.insert(1, &row[..]).unwrap();
            }
        }
        transaction.commit().unwrap();
        drop(database);
        let error = refusal(&path, params());
        assert!(
            matches!(
                &error,
                StoreError::Damaged {
                    table: "blocks",
                    ..
                }
            ),
            "{error:?}"
        );
    }
}

#[test]
fn a_damaged_file_is_refused_wherever_the_damage_is() {
    let directory = TempDir::new().unwrap();
    let path = file(&directory);
    let chain = open(&path);
    live(&chain);
    let whole = describe(&chain.read().unwrap());
    drop(chain);
    let bytes = fs::read(&path).unwrap();
    let mut refused = 0;
    for at in (0..bytes.len()).step_by(bytes.len() / 97) {
        let mut damaged = bytes.clone();
        for byte in damaged.iter_mut().skip(at).take(300) {
            *byte ^= 0x5a;
        }
        fs::write(&path, &damaged).unwrap();
        match SharedChain::open(&path, params(), CLOCK, None) {
            // The damage hit bytes that are not in use.
            Ok(chain) => assert_eq!(describe(&chain.read().unwrap()), whole),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 2, "{refused}");
}

#[test]
fn a_full_disk_refuses_transactions_and_harms_nothing() {
    let directory = TempDir::new().unwrap();
    let path = file(&directory);
    drop(open(&path));
    let disk = Disk::default();
    let chain = open_on(&path, &disk);
    let mut events = chain.read().unwrap().events();
    let kept = submit(&chain, sign(1, transfer(0)));
    chain
        .change(|chain| chain.increase_time(5))
        .unwrap()
        .unwrap();
    let before = describe(&chain.read().unwrap());
    // One waits for the gap to close; it must not be lost with the one that closes it.
    submit(&chain, sign(1, transfer(2)));

    disk.fill();
    for _ in 0..2 {
        let error = chain
            .change(|chain| chain.submit(sign(1, transfer(1))))
            .unwrap_err();
        let ChangeError::Store(cause) = &error else {
            panic!("{error:?}");
        };
        assert!(matches!(**cause, StoreError::Io { .. }), "{cause:?}");
        let seen = chain.read().unwrap();
        assert_eq!(describe(&seen), before);
        assert_eq!(seen.waiting_count(), 1);
        assert_eq!(seen.pending_nonce(address(1)), 1);
    }
    assert!(chain.change(|chain| chain.increase_time(7)).is_err());

    disk.free();
    let closing = submit(&chain, sign(1, transfer(1)));
    assert_eq!(chain.read().unwrap().head().number(), 3);
    let after = describe(&chain.read().unwrap());
    drop(chain);
    assert_eq!(describe(&open(&path).read().unwrap()), after);

    let mut heard = Vec::new();
    while let Ok(event) = events.try_recv() {
        if let ChainEvent::Added(block) = event {
            heard.push(block.entries()[0].transaction.hash());
        }
    }
    assert_eq!(heard.len(), 3, "nobody heard of what was lost");
    assert_eq!(heard[..2], [kept, closing]);
}

#[test]
fn a_block_that_is_lost_gives_its_transactions_back() {
    let directory = TempDir::new().unwrap();
    let path = file(&directory);
    drop(open(&path));
    let disk = Disk::default();
    let chain = open_on(&path, &disk);
    chain
        .change(|chain| chain.set_mining(Mining::Manual))
        .unwrap();
    for nonce in 0..3 {
        submit(&chain, sign(1, transfer(nonce)));
    }
    disk.fill();
    assert!(chain.change(Chain::mine).is_err());
    assert_eq!(chain.read().unwrap().waiting_count(), 3);
    disk.free();
    chain.change(Chain::mine).unwrap();
    assert_eq!(chain.read().unwrap().head().entries().len(), 3);
}

#[test]
fn many_senders_share_commits() {
    let directory = TempDir::new().unwrap();
    let path = file(&directory);
    drop(open(&path));
    let disk = Disk::default();
    let chain = open_on(&path, &disk);
    std::thread::scope(|scope| {
        for account in 0..8 {
            let chain = &chain;
            scope.spawn(move || {
                for nonce in 0..20 {
                    let hash = submit(chain, sign(account, transfer(nonce)));
                    assert!(chain.read().unwrap().transaction(hash).is_some());
                }
            });
        }
    });
    let after = describe(&chain.read().unwrap());
    assert_eq!(chain.read().unwrap().head().number(), 160);
    drop(chain);
    assert_eq!(describe(&open(&path).read().unwrap()), after);
}

fn open_on(path: &Path, disk: &Disk) -> SharedChain {
    let (store, stored) = disk.open(path, &params());
    SharedChain::kept_in(store, Chain::restore(params(), CLOCK, stored))
}

/// A disk that can be full.
type Disk = crate::store::tests::Disk;
