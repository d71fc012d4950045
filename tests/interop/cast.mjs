// Foundry's cast against the node.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { accounts, arbWasm, chainId, counterCode, counterProgram, finish, initCode, test, url } from "./lib.mjs";

// The program itself: the package's own launcher forgets exit codes.
const arch = { x64: "amd64", arm64: "arm64" }[process.arch];
const tool = process.env.CAST ?? `node_modules/@foundry-rs/cast-${process.platform}-${arch}/bin/cast`;
const sender = accounts[1];
const receiver = "0x00000000000000000000000000000000000000cA";

/** Runs cast; what it prints, without the last line end. Throws with its error text. */
function cast(...args) {
  // Settings of whoever runs this are no part of the test.
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, NO_COLOR: "1", ETH_RPC_URL: url };
  const options = { cwd: import.meta.dirname, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], env };
  return execFileSync(tool, args, options).trim();
}

const send = (...args) => JSON.parse(cast("send", "--json", "--private-key", sender.private_key, ...args));
const program = await counterProgram("cast");
const lower = (text) => text.toLowerCase();

let counter;
let counterBlock;
let stylus;

test("chain-id, client, gas-price", () => {
  assert.equal(cast("chain-id"), String(chainId));
  assert.match(cast("client"), /^stylus-devnode\/v/);
  assert.equal(cast("gas-price"), "100000000");
});

test("send ether, balance, nonce, receipt, tx, block", () => {
  const nonce = Number(cast("nonce", sender.address));
  const before = BigInt(cast("balance", receiver));
  const receipt = send(receiver, "--value", "1gwei");
  assert.equal(receipt.status, "0x1");
  assert.equal(receipt.gasUsed, "0x5208");
  assert.equal(BigInt(receipt.effectiveGasPrice), 100_000_000n);
  assert.equal(Number(cast("nonce", sender.address)), nonce + 1);
  assert.equal(BigInt(cast("balance", receiver)) - before, 1_000_000_000n);
  const again = JSON.parse(cast("receipt", "--json", receipt.transactionHash));
  // `send` leaves out what only Nitro's receipts have.
  assert.deepEqual(again, { ...receipt, gasUsedForL1: "0x0", l1BlockNumber: "0x0" });
  const transaction = JSON.parse(cast("tx", "--json", receipt.transactionHash));
  assert.equal(transaction.hash, receipt.transactionHash);
  assert.equal(Number(transaction.nonce), nonce);
  assert.equal(BigInt(transaction.value), 1_000_000_000n);
  const block = JSON.parse(cast("block", "--json", String(Number(receipt.blockNumber))));
  assert.equal(block.hash, receipt.blockHash);
  assert.ok(JSON.stringify(block.transactions).includes(receipt.transactionHash));
  assert.equal(Number(cast("block-number")), Number(receipt.blockNumber));
});

test("send --create deploys an EVM contract; code and codesize show it", () => {
  const receipt = send("--create", initCode(counterCode));
  assert.equal(receipt.status, "0x1");
  counter = receipt.contractAddress;
  counterBlock = Number(receipt.blockNumber);
  assert.equal(cast("code", counter), counterCode);
  assert.equal(cast("codesize", counter), String((counterCode.length - 2) / 2));
});

test("send and call an EVM contract; storage shows the slot", () => {
  assert.equal(send(counter, "setNumber(uint256)", "41").status, "0x1");
  assert.equal(send(counter, "increment()").status, "0x1");
  assert.equal(cast("call", counter, "number()(uint256)"), "42");
  assert.equal(BigInt(cast("storage", counter, "0")), 42n);
});

test("call at an earlier block sees the past", () => {
  assert.equal(cast("call", counter, "number()(uint256)", "--block", String(counterBlock)), "0");
});

test("estimate says what send then uses", () => {
  const estimate = Number(cast("estimate", "--from", sender.address, counter, "increment()"));
  const receipt = send(counter, "increment()");
  assert.ok(Number(receipt.gasUsed) <= estimate, `${receipt.gasUsed} > ${estimate}`);
  assert.ok(estimate <= Number(receipt.gasUsed) * 1.3, `${estimate} is far above ${receipt.gasUsed}`);
});

test("a revert is shown with its data", () => {
  const data = "0x590a5151" + (43).toString(16).padStart(64, "0");
  assert.throws(() => cast("call", counter, "refuse()"), (error) => error.stderr.includes(data));
});

test("logs finds events by address, signature and topic", () => {
  const from = ["--from-block", String(counterBlock), "--address", counter, "--json"];
  const all = JSON.parse(cast("logs", ...from, "Changed(address indexed by, uint256 number)"));
  assert.deepEqual(all.map((log) => BigInt(log.data)), [41n, 42n, 43n]);
  const by = JSON.parse(cast("logs", ...from, "Changed(address indexed by, uint256 number)", receiver));
  assert.deepEqual(by, []);
});

test("a Stylus program is deployed, activated and called", () => {
  const deployed = send("--create", initCode(program));
  assert.equal(deployed.status, "0x1");
  stylus = deployed.contractAddress;
  assert.equal(cast("code", stylus), program);
  const activated = send(arbWasm, "activateProgram(address)", stylus, "--value", "1ether");
  assert.equal(activated.status, "0x1");
  assert.equal(cast("call", arbWasm, "programVersion(address)(uint16)", stylus), "2");
  assert.equal(send(stylus, "setNumber(uint256)", "6").status, "0x1");
  const receipt = send(stylus, "increment()");
  assert.equal(lower(receipt.logs[0].address), lower(stylus));
  assert.equal(cast("call", stylus, "number()(uint256)"), "7");
  assert.equal(BigInt(cast("storage", stylus, "0")), 7n);
});

test("access lists and raw transactions", () => {
  const raw = cast("mktx", "--private-key", sender.private_key, receiver, "--value", "5");
  const before = BigInt(cast("balance", receiver));
  const receipt = JSON.parse(cast("publish", raw));
  assert.equal(receipt.status, "0x1");
  assert.equal(BigInt(cast("balance", receiver)) - before, 5n);
});

test("rpc calls any method", () => {
  assert.equal(cast("rpc", "eth_chainId"), `"0x${chainId.toString(16)}"`);
  assert.throws(() => cast("rpc", "no_such_method"), (error) => error.stderr.includes("no_such_method"));
});

test("run replays a transaction", () => {
  const receipt = send(counter, "increment()");
  const shown = cast("run", receipt.transactionHash, "--quick");
  assert.match(shown, /Transaction successfully executed/);
});

await finish("cast");
