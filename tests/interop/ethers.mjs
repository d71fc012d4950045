// ethers v6 against the node, over HTTP and WebSocket.
import assert from "node:assert/strict";
import { Contract, ContractFactory, JsonRpcProvider, Wallet, WebSocketProvider, parseEther, verifyTypedData } from "ethers";
import {
  accounts, arbWasm, arbWasmInterface, assertConsecutive, chainId, collect, counterCode, counterInterface,
  counterProgram, finish, initCode, test, url, wsUrl,
} from "./lib.mjs";

const provider = new JsonRpcProvider(url, undefined, { pollingInterval: 20, cacheTimeout: -1 });
const socket = new WebSocketProvider(wsUrl);
const wallet = new Wallet(accounts[4].private_key, provider);
const other = accounts[5].address;

async function deploy(code) {
  const contract = await new ContractFactory(counterInterface, initCode(code), wallet).deploy();
  await contract.waitForDeployment();
  assert.equal(await provider.getCode(contract), code);
  return contract;
}

let counter;
let stylus;

test("network, fees and balances", async () => {
  assert.equal((await provider.getNetwork()).chainId, BigInt(chainId));
  assert.equal((await socket.getNetwork()).chainId, BigInt(chainId));
  const fees = await provider.getFeeData();
  assert.equal(fees.gasPrice, 100_000_000n);
  assert.ok((await provider.getBalance(other)) > 0n);
});

test("send ether and wait for its receipt", async () => {
  const before = await provider.getBalance(other);
  const receipt = await (await wallet.sendTransaction({ to: other, value: 7n })).wait();
  assert.equal(receipt.status, 1);
  assert.equal(receipt.gasUsed, 21_000n);
  assert.equal((await provider.getBalance(other)) - before, 7n);
});

test("deploy, write and read an EVM contract", async () => {
  counter = await deploy(counterCode);
  await (await counter.setNumber(41n)).wait();
  const receipt = await (await counter.increment()).wait();
  const event = counter.interface.parseLog(receipt.logs[0]);
  assert.deepEqual([event.name, ...event.args], ["Changed", wallet.address, 42n]);
  assert.equal(await counter.number(), 42n);
});

test("deploy, activate, write and read a Stylus program", async () => {
  stylus = await deploy(await counterProgram("ethers"));
  const wasm = new Contract(arbWasm, arbWasmInterface, wallet);
  await assert.rejects(wasm.programVersion(stylus), (error) => error.revert.name === "ProgramNotActivated");
  await (await wasm.activateProgram(stylus, { value: parseEther("1") })).wait();
  await assert.rejects(
    wasm.activateProgram.staticCall(stylus, { value: parseEther("1") }),
    (error) => error.revert.name === "ProgramUpToDate",
  );
  assert.equal(await wasm.programVersion(stylus), 2n);
  await (await stylus.setNumber(6n)).wait();
  await (await stylus.increment()).wait();
  assert.equal(await stylus.number(), 7n);
});

test("a static call's revert decodes to its error", async () => {
  for (const [contract, number] of [[counter, 42n], [stylus, 7n]]) {
    await assert.rejects(contract.refuse.staticCall(), (error) => {
      assert.equal(error.code, "CALL_EXCEPTION");
      assert.deepEqual([error.revert.name, ...error.revert.args], ["Refused", number]);
      return true;
    });
  }
});

for (const [name, source] of [["polling", provider], ["subscription", socket]]) {
  let number = 100n;
  const write = async () => {
    number += 1n;
    await (await stylus.setNumber(number)).wait();
  };

  test(`events by ${name}`, async () => {
    const watched = stylus.connect(source);
    const watch = (report) => watched.on("Changed", (by, value) => report([by, value]));
    const events = await collect(3, watch, write);
    await watched.removeAllListeners();
    assertConsecutive(events.map(([, value]) => value));
    assert.ok(events.every(([by]) => by === wallet.address));
  });

  test(`blocks by ${name}`, async () => {
    const blocks = await collect(3, (report) => source.on("block", (number) => report(number)), write);
    await source.removeAllListeners("block");
    assertConsecutive(blocks.map(BigInt));
  });
}

test("queryFilter finds past events by topic", async () => {
  const found = await counter.queryFilter(counter.filters.Changed(wallet.address), 0);
  assert.deepEqual(found.map((event) => event.args.number), [41n, 42n]);
  assert.deepEqual(await counter.queryFilter(counter.filters.Changed(other), 0), []);
});

test("typed data that the wallet signs verifies", async () => {
  const domain = { name: "counter", chainId, verifyingContract: await counter.getAddress() };
  const types = { Order: [{ name: "number", type: "uint256" }] };
  const value = { number: 5n };
  const signature = await wallet.signTypedData(domain, types, value);
  assert.equal(verifyTypedData(domain, types, value, signature), wallet.address);
});

test("a transaction of every type is taken", async () => {
  for (const type of [0, 1, 2]) {
    const receipt = await (await wallet.sendTransaction({ to: other, value: 1n, type })).wait();
    assert.deepEqual([receipt.status, receipt.type], [1, type]);
  }
});

test("a transaction that would revert is refused before it is sent", async () => {
  const bad = new Contract(await counter.getAddress(), ["function missing() external"], wallet);
  await assert.rejects(bad.missing(), (error) => error.code === "CALL_EXCEPTION");
});

await finish("ethers");
