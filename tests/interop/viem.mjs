// viem against the node, over HTTP and WebSocket.
import assert from "node:assert/strict";
import {
  ContractFunctionExecutionError, createPublicClient, createTestClient, createWalletClient, defineChain, http,
  keccak256, parseAbi, parseEther, webSocket,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";
import {
  accounts, arbWasm, arbWasmInterface, chainId, assertConsecutive, collect, counterCode, counterInterface,
  counterProgram, finish, initCode, test, url, wsUrl,
} from "./lib.mjs";

const chain = defineChain({
  id: chainId,
  name: "stylus-devnode",
  nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
  rpcUrls: { default: { http: [url], webSocket: [wsUrl] } },
});
const abi = parseAbi(counterInterface);
const wasmAbi = parseAbi(arbWasmInterface);
const account = privateKeyToAccount(accounts[2].private_key);
const other = accounts[3].address;
const options = { chain, pollingInterval: 20 };
const overHttp = createPublicClient({ ...options, transport: http(url) });
const overWebSocket = createPublicClient({ ...options, transport: webSocket(wsUrl) });
const batching = createPublicClient({ ...options, transport: http(url, { batch: true }) });
const wallet = createWalletClient({ ...options, account, transport: http(url) });
const socketWallet = createWalletClient({ ...options, account, transport: webSocket(wsUrl) });
const control = createTestClient({ ...options, mode: "anvil", transport: http(url) });

const mined = (hash) => overHttp.waitForTransactionReceipt({ hash });

async function deploy(client, code) {
  const hash = await client.deployContract({ abi, bytecode: initCode(code) });
  const receipt = await mined(hash);
  assert.equal(receipt.status, "success");
  return receipt.contractAddress;
}

let counter;
let stylus;

test("chain id and block over both transports", async () => {
  for (const client of [overHttp, overWebSocket]) {
    assert.equal(await client.getChainId(), chainId);
    const block = await client.getBlock();
    assert.equal(block.baseFeePerGas, 100_000_000n);
  }
});

test("deploy, write and read an EVM contract", async () => {
  counter = await deploy(wallet, counterCode);
  assert.equal(await overHttp.getCode({ address: counter }), counterCode);
  const { request } = await overHttp.simulateContract({
    account, address: counter, abi, functionName: "setNumber", args: [41n],
  });
  const receipt = await mined(await wallet.writeContract(request));
  assert.equal(receipt.status, "success");
  const [event] = await overHttp.getContractEvents({
    address: counter, abi, eventName: "Changed", fromBlock: receipt.blockNumber,
  });
  assert.deepEqual({ ...event.args }, { by: account.address, number: 41n });
  assert.equal(await overHttp.readContract({ address: counter, abi, functionName: "number" }), 41n);
});

test("deploy, activate, write and read a Stylus program over WebSocket", async () => {
  const program = await counterProgram("viem");
  stylus = await deploy(socketWallet, program);
  const version = { address: arbWasm, abi: wasmAbi, functionName: "codehashVersion", args: [keccak256(program)] };
  await assert.rejects(overWebSocket.readContract(version), (error) => {
    assert.equal(error.cause.data.errorName, "ProgramNotActivated");
    return true;
  });
  const activation = await socketWallet.writeContract({
    address: arbWasm, abi: wasmAbi, functionName: "activateProgram", args: [stylus], value: parseEther("1"),
  });
  assert.equal((await mined(activation)).status, "success");
  assert.equal(await overWebSocket.readContract(version), 2);
  const hash = await socketWallet.writeContract({ address: stylus, abi, functionName: "setNumber", args: [6n] });
  assert.equal((await mined(hash)).status, "success");
  await mined(await socketWallet.writeContract({ address: stylus, abi, functionName: "increment" }));
  assert.equal(await overWebSocket.readContract({ address: stylus, abi, functionName: "number" }), 7n);
});

test("a revert decodes to its error, from EVM code and from a program", async () => {
  for (const [address, number] of [[counter, 41n], [stylus, 7n]]) {
    await assert.rejects(
      overHttp.readContract({ address, abi, functionName: "refuse" }),
      (error) => {
        assert.ok(error instanceof ContractFunctionExecutionError);
        const { data } = error.cause;
        assert.deepEqual([data.errorName, data.args], ["Refused", [number]]);
        return true;
      },
    );
  }
});

for (const [name, client] of [["polling over HTTP", overHttp], ["a subscription over WebSocket", overWebSocket]]) {
  let number = 100n;
  const write = async () => {
    number += 1n;
    await mined(await wallet.writeContract({ address: stylus, abi, functionName: "setNumber", args: [number] }));
  };

  test(`watch events by ${name}`, async () => {
    let stop;
    const watch = (report, fail) => {
      stop = client.watchContractEvent({
        address: stylus, abi, eventName: "Changed", onLogs: (logs) => report(...logs), onError: fail,
      });
    };
    const logs = await collect(3, watch, write);
    stop();
    assertConsecutive(logs.map((log) => log.args.number));
    assert.ok(logs.every((log) => log.args.by === account.address));
  });

  test(`watch blocks by ${name}`, async () => {
    let stop;
    const watch = (report, fail) => {
      stop = client.watchBlocks({ onBlock: (block) => report(block), onError: fail, emitMissed: true });
    };
    const blocks = await collect(3, watch, write);
    stop();
    assertConsecutive(blocks.map((block) => block.number));
    assert.equal(blocks[1].parentHash, blocks[0].hash);
  });
}

test("filters: events, blocks and pending transactions", async () => {
  const logs = await overHttp.createContractEventFilter({ address: counter, abi, eventName: "Changed" });
  const blocks = await overHttp.createBlockFilter();
  const pending = await overHttp.createPendingTransactionFilter();
  const hash = await wallet.writeContract({ address: counter, abi, functionName: "increment" });
  const receipt = await mined(hash);
  const changes = await overHttp.getFilterChanges({ filter: logs });
  assert.deepEqual(changes.map((log) => log.args.number), [42n]);
  assert.deepEqual(await overHttp.getFilterChanges({ filter: blocks }), [receipt.blockHash]);
  assert.deepEqual(await overHttp.getFilterChanges({ filter: pending }), [hash]);
  assert.deepEqual(await overHttp.getFilterChanges({ filter: logs }), []);
  assert.equal((await overHttp.getFilterLogs({ filter: logs })).length, 1);
  for (const filter of [logs, blocks, pending]) assert.equal(await overHttp.uninstallFilter({ filter }), true);
});

test("requests in a batch", async () => {
  const [number, balance, code, value] = await Promise.all([
    batching.getBlockNumber(), batching.getBalance({ address: other }), batching.getCode({ address: counter }),
    batching.readContract({ address: counter, abi, functionName: "number" }),
  ]);
  assert.ok(number > 0n && balance > 0n);
  assert.equal(code, counterCode);
  assert.equal(value, 42n);
});

test("state overrides in a call", async () => {
  const slot = `0x${"0".repeat(64)}`;
  const value = await overHttp.readContract({
    address: counter, abi, functionName: "number",
    stateOverride: [{ address: counter, stateDiff: [{ slot, value: `0x${"0".repeat(62)}63` }] }],
  });
  assert.equal(value, 99n);
});

test("snapshot and revert", async () => {
  const id = await control.snapshot();
  await mined(await wallet.writeContract({ address: counter, abi, functionName: "increment" }));
  assert.equal(await overHttp.readContract({ address: counter, abi, functionName: "number" }), 43n);
  await control.revert({ id });
  assert.equal(await overHttp.readContract({ address: counter, abi, functionName: "number" }), 42n);
});

test("setBalance, setCode, setStorageAt, setNonce", async () => {
  const address = "0x00000000000000000000000000000000000000fe";
  await control.setBalance({ address, value: 123n });
  assert.equal(await overHttp.getBalance({ address }), 123n);
  await control.setCode({ address, bytecode: counterCode });
  await control.setStorageAt({ address, index: 0, value: `0x${"0".repeat(63)}9` });
  assert.equal(await overHttp.readContract({ address, abi, functionName: "number" }), 9n);
  await control.setNonce({ address, nonce: 5 });
  assert.equal(await overHttp.getTransactionCount({ address }), 5);
});

test("impersonation sends without a key", async () => {
  const stranger = "0x00000000000000000000000000000000000cafe5";
  await control.setBalance({ address: stranger, value: parseEther("1") });
  await control.impersonateAccount({ address: stranger });
  const unsigned = createWalletClient({ ...options, account: stranger, transport: http(url) });
  const receipt = await mined(await unsigned.writeContract({ address: counter, abi, functionName: "increment" }));
  assert.equal(receipt.from.toLowerCase(), stranger.toLowerCase());
  await control.stopImpersonatingAccount({ address: stranger });
  await assert.rejects(unsigned.writeContract({ address: counter, abi, functionName: "increment" }));
});

test("mine and time", async () => {
  const before = await overHttp.getBlock();
  await control.increaseTime({ seconds: 3_600 });
  await control.mine({ blocks: 2 });
  const after = await overHttp.getBlock();
  assert.equal(after.number, before.number + 2n);
  assert.ok(after.timestamp >= before.timestamp + 3_600n);
});

await finish("viem");
