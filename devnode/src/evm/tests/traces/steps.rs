//! Opcode by opcode.

use super::*;

#[test]
fn opcodes_are_listed_with_stack_storage_and_cost() {
    let mut chain = Chain::new();
    // Reads slot 0, stores 3 there, calls nobody, creates nothing and returns a word.
    let body = [
        PUSH0, SLOAD, PUSH1, 3, PUSH0, SSTORE, PUSH1, 9, PUSH0, MSTORE, PUSH1, 32, PUSH0, RETURN,
    ];
    let contract = chain.deploy(&body);
    let tx = Transaction {
        gas_limit: 100_000,
        ..chain.tx(TxKind::Call(contract), [])
    };
    let kind = TracerKind::Steps(StepOptions {
        enable_memory: true,
        ..StepOptions::default()
    });
    let before = chain.executor.snapshot();
    let shown = mined(&mut chain, &tx, &kind);
    assert_eq!(shown["failed"], false);
    assert_eq!(shown["returnValue"], json!(word(9)));
    // 20 000 for the slot, its first reading 2 100, and small change.
    assert_eq!(
        shown["gas"],
        21_000 + 2 + 2_100 + 3 + 2 + 20_000 + 3 + 2 + 6 + 3 + 2
    );
    let zero = "0".repeat(64);
    let three = format!("{}3", "0".repeat(63));
    let nine = format!("{}9", "0".repeat(63));
    let logs = shown["structLogs"].as_array().unwrap();
    assert_eq!(
        logs[..5],
        [
            json!({"pc": 0, "op": "PUSH0", "gas": 79_000, "gasCost": 2, "depth": 1, "stack": [], "memory": []}),
            json!({"pc": 1, "op": "SLOAD", "gas": 78_998, "gasCost": 2_100, "depth": 1,
                "stack": ["0x0"], "memory": [], "storage": {zero.clone(): zero}}),
            json!({"pc": 2, "op": "PUSH1", "gas": 76_898, "gasCost": 3, "depth": 1, "stack": ["0x0"], "memory": []}),
            json!({"pc": 4, "op": "PUSH0", "gas": 76_895, "gasCost": 2, "depth": 1, "stack": ["0x0", "0x3"], "memory": []}),
            json!({"pc": 5, "op": "SSTORE", "gas": 76_893, "gasCost": 20_000, "depth": 1,
                "stack": ["0x0", "0x3", "0x0"], "memory": [], "storage": {zero: three}}),
        ]
    );
    assert_eq!(
        logs[9],
        json!({"pc": 12, "op": "PUSH0", "gas": 56_879, "gasCost": 2, "depth": 1,
            "stack": ["0x0", "0x20"], "memory": [nine]})
    );
    assert_eq!(logs.len(), 11);

    let short = TracerKind::Steps(StepOptions {
        disable_stack: true,
        disable_storage: true,
        limit: 2,
        ..StepOptions::default()
    });
    let shown = serde_json::to_value(trace(&chain, before, &tx, &short).unwrap().trace).unwrap();
    assert_eq!(
        shown["structLogs"],
        json!([
            {"pc": 0, "op": "PUSH0", "gas": 79_000, "gasCost": 2, "depth": 1},
            {"pc": 1, "op": "SLOAD", "gas": 78_998, "gasCost": 2_100, "depth": 1},
        ])
    );
}

#[test]
fn costs_of_opcodes_count_what_a_call_is_given_but_not_what_a_creation_is() {
    let mut chain = Chain::new();
    let refunder = chain.deploy(&[PUSH0, PUSH1, 1, SSTORE, STOP]);
    chain.executor.set_storage(refunder, slot(1), slot(1));
    let mut body = vec![PUSH0, PUSH0, PUSH0, PUSH0, PUSH0, PUSH20];
    body.extend_from_slice(refunder.as_slice());
    body.extend([
        PUSH2, 0x40, 0x00, CALL, POP, PUSH0, PUSH0, PUSH0, CREATE, POP,
    ]);
    body.extend([
        PUSH0, PUSH0, PUSH0, PUSH0, PUSH0, PUSH1, 4, STATICCALL, STOP,
    ]);
    let contract = chain.deploy(&body);
    let tx = chain.tx(TxKind::Call(contract), []);
    let shown = mined(&mut chain, &tx, &steps());
    let logs = shown["structLogs"].as_array().unwrap();
    let of = |op: &str| logs.iter().find(|log| log["op"] == op).unwrap();
    assert_eq!(of("CALL")["gasCost"], 2_600 + 0x4000);
    assert_eq!(of("CREATE")["gasCost"], 32_000);
    let inner: Vec<&Value> = logs.iter().filter(|log| log["depth"] == 2).collect();
    assert_eq!(inner[2]["op"], "SSTORE");
    assert_eq!(inner[3]["refund"], 4_800);
    assert_eq!(of("CREATE")["refund"], 4_800);
    // Returned gas comes back after the call.
    let after = logs.iter().position(|log| log["op"] == "CALL").unwrap();
    let pop = logs[after..].iter().find(|log| log["op"] == "POP").unwrap();
    assert_eq!(
        pop["gas"].as_u64().unwrap(),
        of("CALL")["gas"].as_u64().unwrap() - 2_600 - (2 + 3 + 5_000)
    );
}

#[test]
fn an_opcode_without_gas_is_listed_with_its_error() {
    let mut chain = Chain::new();
    let spinner = chain.deploy(&code::spinner());
    let tx = Transaction {
        gas_limit: 21_000 + 20,
        ..chain.tx(TxKind::Call(spinner), [])
    };
    let shown = mined(&mut chain, &tx, &steps());
    assert_eq!(shown["failed"], true);
    assert_eq!(shown["returnValue"], "0x");
    let logs = shown["structLogs"].as_array().unwrap();
    assert_eq!(
        *logs.last().unwrap(),
        json!({"pc": 2, "op": "JUMP", "gas": 6, "gasCost": 8, "depth": 1, "stack": ["0x0"],
            "error": "out of gas"})
    );
}
