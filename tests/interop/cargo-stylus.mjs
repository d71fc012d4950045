// The tool cargo-stylus against the node, with modules that are built already: the counter of contracts/,
// and our contracts if scripts/build-contracts has built them.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { Contract, JsonRpcProvider, Wallet, ZeroHash, keccak256, parseEther } from "ethers";
import {
  accounts, arbWasm, counterInterface, counterModule, counterProgram, finish, initCode, test, url,
} from "./lib.mjs";

const tool = process.env.CARGO_STYLUS;
const account = accounts[6];
const provider = new JsonRpcProvider(url, undefined, { cacheTimeout: -1 });
const wallet = new Wallet(account.private_key, provider);
const root = join(import.meta.dirname, "../..");

// The tool wants a Cargo workspace around it, also where it builds nothing.
const project = mkdtempSync(join(tmpdir(), "interop-"));
process.on("exit", () => rmSync(project, { recursive: true, force: true }));
writeFileSync(join(project, "Cargo.toml"), '[workspace]\nresolver = "3"\n');
writeFileSync(join(project, "Stylus.toml"), "[workspace.networks]\n");

/** A file with the counter's module, a program of its own for every name. */
async function counter(name) {
  const file = join(project, `${name}.wasm`);
  writeFileSync(file, await counterModule(name));
  return file;
}

/** Runs a command of the tool: exit code and what it says on both channels, without colours. */
function stylus(command, ...args) {
  const options = { cwd: project, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } };
  const run = spawnSync(tool, ["stylus", ...command.split(" "), "--endpoint", url, ...args], options);
  if (run.error) throw run.error;
  return { code: run.status, text: `${run.stdout}${run.stderr}`.replace(/\u001b\[[0-9;]*m/g, "") };
}

/** Runs it and expects success; what it says. */
function succeeds(...args) {
  const { code, text } = stylus(...args);
  assert.equal(code, 0, text);
  return text;
}

/** Runs it and expects a refusal with these words. */
function refused(words, ...args) {
  const { code, text } = stylus(...args);
  assert.notEqual(code, 0, text);
  assert.match(text, words);
}

const key = ["--private-key", account.private_key];
const found = (text, pattern) => {
  const match = pattern.exec(text);
  assert.ok(match, text);
  return match[1];
};
const deployedAt = (text) => found(text, /deployed code at address: (0x[0-9a-f]{40})/i);

const wasm = new Contract(arbWasm, [
  "function programVersion(address) external view returns (uint16)",
  "function programTimeLeft(address) external view returns (uint64)",
  "function codehashKeepalive(bytes32) external payable",
], wallet);
const day = 86_400;
let plain;

test("check says what a module costs", async () => {
  const text = succeeds("check", "--wasm-file", await counter("check"));
  assert.match(text, /contract size: /);
  assert.match(text, /wasm data fee: 0\.0000\d+ ETH/);
});

test("check refuses what is no program", () => {
  const file = join(project, "bad.wasm");
  // An empty module.
  writeFileSync(file, Buffer.from("0061736d01000000", "hex"));
  refused(/./, "check", "--wasm-file", file);
});

for (const name of ["registry", "patientport"]) {
  const file = join(process.env.CONTRACTS ?? join(root, "build/contracts"), `${name}.wasm`);
  if (!existsSync(file)) continue;
  test(`check takes our contract ${name}`, () => {
    assert.match(succeeds("check", "--wasm-file", file), /wasm data fee: /);
  });

  test(`deploy sends the init code that our packer makes of ${name}`, async () => {
    const args = ["deploy", "--no-verify", "--no-activate", "--wasm-file", file, ...key];
    const text = succeeds(...args);
    const hash = found(text, /deployment tx hash: (0x[0-9a-f]{64})/i);
    const { data } = await provider.getTransaction(hash);
    const packed = pack(file, projectHash(await provider.getCode(deployedAt(text))));
    assert.equal(data, `0x${packed.toString("hex")}`);
  });
}

/** The tool's project hash: the contents of the last section of the module in an account's code. */
function projectHash(code) {
  const module = brotliDecompressSync(Buffer.from(code.slice(10), "hex"));
  const name = module.subarray(-44, -32).toString();
  assert.equal(name, "project_hash");
  return module.subarray(-32).toString("hex");
}

/** The init code that our packer makes. */
function pack(file, hash) {
  const args = ["--init-code", "--project-hash", hash, "--out", project, `packed=${file}`];
  const cargo = ["run", "--quiet", "--locked", "-p", "patientport-pack", "--", ...args];
  const [program, ...rest] = process.env.PATIENTPORT_PACK ? [process.env.PATIENTPORT_PACK, ...args] : ["cargo", ...cargo];
  execFileSync(program, rest, { cwd: join(root, "contracts"), stdio: ["ignore", "ignore", "inherit"] });
  return readFileSync(join(project, "packed.init"));
}

test("deploy --estimate-gas sends nothing", async () => {
  const nonce = await wallet.getNonce();
  const text = succeeds("deploy", "--no-verify", "--estimate-gas", "--wasm-file", await counter("estimate"), ...key);
  assert.match(text, /deployment tx gas: \d+/);
  assert.equal(await wallet.getNonce(), nonce);
});

test("deploy without a constructor deploys and activates", async () => {
  const text = succeeds("deploy", "--no-verify", "--wasm-file", await counter("plain"), ...key);
  plain = deployedAt(text);
  assert.equal(await wasm.programVersion(plain), 2n);
  const contract = new Contract(plain, counterInterface, wallet);
  await (await contract.setNumber(6n)).wait();
  await (await contract.increment()).wait();
  assert.equal(await contract.number(), 7n);
});

test("the deployer takes what the tool sends for a contract with a constructor", async () => {
  // For a module that is built already the tool (0.10.10) ignores --constructor-signature, so this is the
  // transaction it sends where it builds a contract with a constructor.
  const deployer = new Contract("0xcEcba2F1DC234f70Dd89F2041029807F8D03A990", [
    "function deploy(bytes bytecode, bytes initData, uint256 initValue, bytes32 salt) external payable returns (address)",
    "event ContractDeployed(address deployedContract)",
  ], wallet);
  const initData = "0x5585258d" + (12).toString(16).padStart(64, "0");
  const args = [initCode(await counterProgram("constructed")), initData, 0n, ZeroHash];
  const receipt = await (await deployer.deploy(...args, { value: parseEther("1") })).wait();
  const event = receipt.logs.map((log) => deployer.interface.parseLog(log)).find((it) => it?.name === "ContractDeployed");
  const address = event.args.deployedContract;
  assert.equal(await wasm.programVersion(address), 2n);
  assert.equal(await new Contract(address, counterInterface, provider).number(), 12n);
  // What is more than the data fee comes back.
  assert.equal(await provider.getBalance(deployer), 0n);
});

test("activate: estimated, done, and refused a second time", async () => {
  const text = succeeds("deploy", "--no-verify", "--no-activate", "--wasm-file", await counter("later"), ...key);
  const address = deployedAt(text);
  await assert.rejects(wasm.programVersion(address));
  const estimate = succeeds("activate", "--address", address, "--estimate-gas", ...key);
  assert.match(estimate, /activation tx gas: \d+/);
  await assert.rejects(wasm.programVersion(address));
  assert.match(succeeds("activate", "--address", address, ...key), /successfully activated contract/);
  assert.equal(await wasm.programVersion(address), 2n);
  refused(/ProgramUpToDate/, "activate", "--address", address, ...key);
});

test("trace --use-native-tracer shows every host call", async () => {
  const receipt = await (await new Contract(plain, counterInterface, wallet).increment()).wait();
  const { code, text } = stylus("trace", "--use-native-tracer", "--tx", receipt.hash);
  assert.equal(code, 0, text);
  for (const name of [
    "user_entrypoint", "read_args", "storage_load_bytes32", "storage_cache_bytes32", "storage_flush_cache",
    "msg_sender", "emit_log", "user_returned",
  ]) assert.ok(text.includes(name), `${name}: ${text}`);
});

// The tool asks the contract that comes last among the cache managers.
const cache = new Contract("0x0000000000000000000000000000000000000072", [
  "function allCacheManagers() external view returns (address[])",
  "function codehashIsCached(bytes32 codehash) external view returns (bool)",
], provider);

test("cache: status, suggest-bid, bid", async () => {
  const manager = (await cache.allCacheManagers()).at(-1);
  assert.notEqual(await provider.getCode(manager), "0x");
  const codehash = keccak256(await provider.getCode(plain));
  const before = succeeds("cache status", "--address", plain);
  assert.match(before, /status: "active"[^]*Cache size: 536\.9 MB[^]*Queue size: 0 B[^]*"is not yet cached"/);
  assert.match(succeeds("cache suggest-bid", plain), /Minimum bid for contract \S+: 0 wei/);
  assert.equal(await cache.codehashIsCached(codehash), false);
  assert.match(succeeds("cache bid", plain, "5", ...key), /Successfully cached contract/);
  assert.equal(await cache.codehashIsCached(codehash), true);
  assert.equal(await provider.getBalance(manager), 5n);
  assert.match(succeeds("cache status", "--address", plain), /"is cached"/);
  refused(/already cached/, "cache bid", plain, "0", ...key);
});

test("codehash-keepalive: too soon, and after 32 days without the fee it forgets", async () => {
  const codehash = keccak256(await provider.getCode(plain));
  refused(/ProgramKeepaliveTooSoon/, "codehash-keepalive", "--codehash", codehash, ...key);
  await provider.send("evm_increaseTime", [32 * day]);
  await provider.send("evm_mine", []);
  assert.ok((await wasm.programTimeLeft(plain)) <= BigInt(333 * day));
  // The tool (0.10.10) sends no value, and a chain asks for the data fee: it is told how much.
  refused(/ProgramInsufficientValue\(0, [1-9]\d+\)/, "codehash-keepalive", "--codehash", codehash, ...key);
  await (await wasm.codehashKeepalive(codehash, { value: parseEther("1") })).wait();
  assert.ok((await wasm.programTimeLeft(plain)) > BigInt(364 * day));
});

await finish("cargo-stylus");
