//! Host functions of programs.

use super::*;

#[test]
fn host_functions_are_shown_with_the_frames_they_open() {
    let mut chain = Chain::new();
    let tool = chain.program(TOOL);
    let other = chain.deploy_wat(TOOL);
    let forwarder = chain.deploy(&code::forwarder(Forward::Call));
    let inner = forward(other, &Op::read(3));
    let input = Op::call(Kind::Call, forwarder, U256::ZERO, &inner);
    let tx = chain.tx(TxKind::Call(tool), input.clone());
    let shown = mined(&mut chain, &tx, &TracerKind::Stylus);
    let named = |steps: &Value| -> Vec<(String, String, String)> {
        let text = |step: &Value, member: &str| step[member].as_str().unwrap().to_owned();
        steps
            .as_array()
            .unwrap()
            .iter()
            .map(|step| (text(step, "name"), text(step, "args"), text(step, "outs")))
            .collect()
    };
    let row = |name: &str, args: &str, outs: &str| {
        (name.to_owned(), format!("0x{args}"), format!("0x{outs}"))
    };
    let zero = "00".repeat(32);
    let call = format!(
        "{}ffffffffffffffff{zero}{}",
        hex::encode(forwarder),
        hex::encode(&inner)
    );
    assert_eq!(
        named(&shown),
        [
            row("user_entrypoint", &format!("{:08x}", input.len()), ""),
            row("read_args", "", &hex::encode(&input)),
            row("call_contract", &call, "0000002000"),
            row("read_return_data", "0000000000000020", &zero),
            row("write_result", &zero, ""),
            row("user_returned", "", "00000000"),
        ]
    );
    let call = &shown[2];
    assert_eq!(call["address"], json!(forwarder));
    // The EVM contract in between calls no host function, but the program under it does.
    let frame = &call["steps"][0];
    assert_eq!(call["steps"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&frame["name"], &frame["address"], &frame["startInk"]),
        (&json!("evm_call_contract"), &json!(other), &json!(0))
    );
    assert_eq!(
        named(&frame["steps"]),
        [
            row("user_entrypoint", "00000021", ""),
            row("read_args", "", &hex::encode(Op::read(3))),
            row("storage_load_bytes32", &hex::encode(slot(3)), &zero),
            row("write_result", &zero, ""),
            row("user_returned", "", "00000000"),
        ]
    );
    // A cold slot costs 2100 gas and 5 more, and the host function itself (facts 4.7).
    let load = &frame["steps"][2];
    assert_eq!(
        load["startInk"].as_u64().unwrap() - load["endInk"].as_u64().unwrap(),
        21_068_480
    );
    // What ran in between cannot make ink.
    let steps = shown.as_array().unwrap();
    assert!(steps.windows(2).all(|pair| {
        pair[1]["startInk"].as_u64().unwrap() <= pair[0]["endInk"].as_u64().unwrap()
    }));
    assert!(steps[1].get("address").is_none() && steps[1].get("steps").is_none());
}

#[test]
fn a_call_that_opens_no_frame_still_names_its_callee() {
    let mut chain = Chain::new();
    let tool = chain.program(TOOL);
    let reader = chain.deploy(&code::forwarder(Forward::Static));
    let receiver = Address::repeat_byte(0x66);
    // Value in a static context is answered by the program's host itself.
    let pay = Op::call(Kind::Call, receiver, U256::from(1), &[]);
    let tx = chain.tx(TxKind::Call(reader), forward(tool, &pay));
    let shown = mined(&mut chain, &tx, &TracerKind::Stylus);
    let call = &shown[0]["steps"][2];
    assert_eq!(call["name"], "call_contract");
    assert_eq!(call["address"], json!(receiver));
    assert_eq!(call["steps"], json!([]));
    assert_eq!(call["outs"], "0x0000000002");
    let create = Op::create(0, &code::init_code(&[STOP]));
    let tx = chain.tx(TxKind::Call(tool), create);
    let shown = mined(&mut chain, &tx, &TracerKind::Stylus);
    let names: Vec<&str> = (0..7).filter_map(|i| shown[i]["name"].as_str()).collect();
    assert_eq!(
        names,
        [
            "user_entrypoint",
            "read_args",
            "evm_create1",
            "create1",
            "read_return_data",
            "write_result",
            "user_returned"
        ]
    );
    assert_eq!(shown[2]["address"], json!(tool.create(1)));
}
