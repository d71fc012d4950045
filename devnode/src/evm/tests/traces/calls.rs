//! The tree of frames.

use super::*;

/// The frames without their gas, which other tests look at.
fn without_gas(mut trace: Value) -> Value {
    fn strip(frame: &mut Value) {
        let frame = frame.as_object_mut().unwrap();
        assert!(frame.remove("gas").is_some() && frame.remove("gasUsed").is_some());
        for inner in frame
            .get_mut("calls")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            strip(inner);
        }
    }
    strip(&mut trace);
    trace
}

#[test]
fn frames_nest_with_their_logs_and_what_went_wrong() {
    let mut chain = Chain::new();
    let tool = chain.program(TOOL);
    let other = chain.deploy_wat(TOOL);
    let forwarder = chain.deploy(&code::forwarder(Forward::Static));
    let logged = Op::log(b"hello");
    let inner = forward(other, &Op::read(3));
    let input = Op::call(Kind::Call, forwarder, U256::ZERO, &inner);
    let tx = chain.tx(TxKind::Call(tool), input.clone());
    let shown = without_gas(mined(&mut chain, &tx, &CALLS));
    assert_eq!(
        shown,
        json!({
            "from": USER, "to": tool, "input": Bytes::from(input), "type": "CALL", "value": "0x0",
            "output": word(0),
            "calls": [{
                "from": tool, "to": forwarder, "input": Bytes::from(inner), "type": "CALL",
                "value": "0x0", "output": word(0),
                "calls": [{
                    "from": forwarder, "to": other, "input": Bytes::from(Op::read(3)),
                    "type": "STATICCALL", "output": word(0),
                }],
            }],
        })
    );

    // A log after no call, of a program; in a static frame it fails and so does not count.
    let tx = chain.tx(TxKind::Call(tool), logged.clone());
    let shown = without_gas(mined(&mut chain, &tx, &CALLS));
    assert_eq!(
        shown["logs"],
        json!([{
            "address": tool, "topics": [], "data": Bytes::from_static(b"hello"),
            "index": "0x0", "position": "0x0",
        }])
    );
    let inner = forward(other, &logged);
    let input = Op::call(Kind::Call, forwarder, U256::ZERO, &inner);
    let tx = chain.tx(TxKind::Call(tool), input);
    let shown = without_gas(mined(&mut chain, &tx, &CALLS));
    let innermost = &shown["calls"][0]["calls"][0];
    assert_eq!(innermost["error"], "execution reverted");
    assert!(innermost.get("logs").is_none());
    assert_eq!(shown["error"], "execution reverted");
}

#[test]
fn logs_of_a_reverted_frame_are_left_out_and_only_the_top_can_be_asked_for() {
    let mut chain = Chain::new();
    let reverter = chain.deploy(&code::reverter());
    let counter = chain.deploy(&code::counter());
    let first = code::try_call(reverter, 60_000);
    let both = chain.deploy(&code::forwarder_after(&first, Forward::Call));
    let tx = chain.tx(TxKind::Call(both), forward(counter, &word(4)));
    let before = chain.executor.snapshot();
    let shown = mined(&mut chain, &tx, &CALLS);
    assert!(shown["calls"][0].get("logs").is_none());
    assert_eq!(shown["calls"][0]["error"], "execution reverted");
    assert_eq!(shown["calls"][1]["logs"][0]["index"], "0x1");
    let top = TracerKind::Call(CallTracerOptions {
        only_top_call: true,
        with_log: true,
    });
    let shown = serde_json::to_value(trace(&chain, before, &tx, &top).unwrap().trace).unwrap();
    assert!(shown.get("calls").is_none() && shown.get("logs").is_none());
    assert_eq!(shown["output"], json!(word(4)));
}

#[test]
fn frames_that_fail_before_they_run_are_shown_and_cost_nothing() {
    let mut chain = Chain::new();
    let receiver = Address::repeat_byte(0x55);
    // CALL with one wei more than the contract has, then CREATE with the same.
    let mut poor = vec![PUSH0, PUSH0, PUSH0, PUSH0, PUSH1, 1, PUSH20];
    poor.extend_from_slice(receiver.as_slice());
    poor.extend([PUSH2, 0x10, 0x00, CALL, POP]);
    poor.extend([PUSH0, PUSH0, PUSH1, 1, CREATE, POP, STOP]);
    let poor = chain.deploy(&poor);
    let tx = chain.tx(TxKind::Call(poor), []);
    let mut shown = mined(&mut chain, &tx, &CALLS);
    let create_gas = shown["calls"][1]["gas"].take();
    assert_ne!(create_gas, json!("0x0"));
    let error = "insufficient balance for transfer";
    assert_eq!(
        shown["calls"],
        json!([
            {
                "from": poor, "to": receiver, "gas": "0x18fc", "gasUsed": "0x0", "input": "0x",
                "value": "0x1", "type": "CALL", "error": error,
            },
            {
                "from": poor, "gas": null, "gasUsed": "0x0", "input": "0x", "value": "0x1",
                "type": "CREATE", "error": error,
            }
        ])
    );
}

#[test]
fn errors_have_the_names_geth_gives_them() {
    let mut chain = Chain::new();
    let init_too_long = [PUSH3, 1, 0, 0, PUSH0, RETURN];
    let init_bad_prefix = [PUSH1, 0xEF, PUSH0, MSTORE, PUSH1, 1, PUSH1, 31, RETURN];
    let cases: Vec<(&[u8], &str)> = vec![
        (&[POP], "stack underflow (0 <=> 1)"),
        (&[INVALID], "invalid opcode: INVALID"),
        (&[0x0c], "invalid opcode: opcode 0xc not defined"),
        (&[PUSH0, JUMP], "invalid jump destination"),
        (
            &[PUSH1, 1, PUSH0, PUSH0, RETURNDATACOPY],
            "return data out of bounds",
        ),
        (&init_too_long, "max code size exceeded"),
        (&init_bad_prefix, "invalid code: must not begin with 0xef"),
        (&[PUSH0, PUSH0, REVERT], "execution reverted"),
        (
            &[PUSH3, 255, 255, 255, PUSH3, 255, 255, 255, MSTORE],
            "out of gas",
        ),
        (
            &[PUSH2, 0x60, 0, PUSH0, RETURN],
            "contract creation code storage out of gas",
        ),
    ];
    for (init, error) in cases {
        let mut tx = chain.tx(TxKind::Create, init.to_vec());
        tx.gas_limit = 1_000_000;
        let shown = mined(&mut chain, &tx, &CALLS);
        assert_eq!(shown["error"], error, "{}", hex::encode(init));
        assert_eq!(shown["type"], "CREATE");
        assert!(shown.get("to").is_none());
    }
    let overflow: Vec<u8> = vec![PUSH0; 1_025];
    let tx = chain.tx(TxKind::Create, overflow);
    assert_eq!(
        mined(&mut chain, &tx, &CALLS)["error"],
        "stack limit reached 1024 (1023)"
    );
    let writer = chain.deploy(&code::counter());
    let reader = chain.deploy(&code::forwarder(Forward::Static));
    let tx = chain.tx(TxKind::Call(reader), forward(writer, &[]));
    assert_eq!(
        mined(&mut chain, &tx, &CALLS)["calls"][0]["error"],
        "write protection"
    );
    let sleeping = chain.deploy_wat("(module (memory (export \"memory\") 1 1))");
    let tx = chain.tx(TxKind::Call(sleeping), []);
    let shown = mined(&mut chain, &tx, &CALLS);
    assert_eq!(shown["error"], "error ProgramNotActivated()");
    assert_eq!(shown["gasUsed"], format!("{GAS:#x}"));
}

#[test]
fn a_revert_reason_is_told() {
    let mut chain = Chain::new();
    let reason = Revert::from("not today").abi_encode();
    let init = [code::init_code(&reason), vec![]].concat();
    // The same init code, but what it would deploy is what it reverts with.
    let mut init = init;
    init[9] = REVERT;
    let tx = chain.tx(TxKind::Create, init);
    let shown = mined(&mut chain, &tx, &CALLS);
    assert_eq!(shown["revertReason"], "not today");
    assert_eq!(shown["output"], json!(Bytes::from(reason)));
}

#[test]
fn a_destruction_is_a_frame_of_its_own() {
    let mut chain = Chain::new();
    let heir = Address::repeat_byte(0x44);
    let mut code = vec![PUSH20];
    code.extend_from_slice(heir.as_slice());
    code.push(SELFDESTRUCT);
    let contract = chain.deploy(&code);
    let tx = Transaction {
        value: U256::from(7),
        ..chain.tx(TxKind::Call(contract), [])
    };
    let shown = mined(&mut chain, &tx, &CALLS);
    assert_eq!(
        shown["calls"],
        json!([{
            "from": contract, "to": heir, "gas": "0x0", "gasUsed": "0x0", "input": "0x",
            "value": "0x7", "type": "SELFDESTRUCT",
        }])
    );
}

#[test]
fn selectors_are_counted_and_several_tracers_run_at_once() {
    let mut chain = Chain::new();
    let forwarder = chain.deploy(&code::forwarder(Forward::Call));
    let data = [1, 2, 3, 4, 5, 6];
    let input = forward(Address::with_last_byte(4), &data);
    let tx = chain.tx(TxKind::Call(forwarder), input.clone());
    let both = TracerKind::Mux(BTreeMap::from([
        ("4byteTracer".to_owned(), TracerKind::FourByte),
        ("noopTracer".to_owned(), TracerKind::Noop),
        ("callTracer".to_owned(), CALLS),
    ]));
    let shown = mined(&mut chain, &tx, &both);
    // The identity precompile has no methods.
    assert_eq!(shown["4byteTracer"], json!({"0x00000000-22": 1}));
    assert_eq!(shown["noopTracer"], json!({}));
    assert_eq!(
        shown["callTracer"]["calls"][0]["output"],
        json!(Bytes::copy_from_slice(&data))
    );
}
