// What the scripts share: the node under test, the contracts, and a runner that asserts and counts.
// The environment names the node: DEVNODE is the line that `stylus-devnode --json` printed.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";
import wabt from "wabt";

const endpoint = JSON.parse(process.env.DEVNODE);
export const url = endpoint.url;
export const wsUrl = endpoint.ws_url;
export const chainId = endpoint.chain_id;
// [{ address, private_key }]
export const accounts = endpoint.accounts;

const source = (name) => readFileSync(new URL(`contracts/${name}`, import.meta.url), "utf8");

/** The bytes of a listing: hexadecimal digits, blanks, comments from `//`. With 0x. */
function assemble(listing) {
  return "0x" + listing.replace(/\/\/.*$/gm, "").replace(/\s/g, "");
}

/**
 * The module of the counter as a program, as a Buffer. Activation is by code hash, so every name, kept in
 * memory where nothing reads it, makes a program of its own.
 */
export async function counterModule(name) {
  const memory = '(memory (export "memory") 1 1)';
  const text = source("counter.wat").replace(memory, `${memory} (data (i32.const 512) "${name}")`);
  const parsed = (await wabt()).parseWat("counter.wat", text, { bulk_memory: true });
  return Buffer.from(parsed.toBinary({}).buffer);
}

/** A module as the code of an account: the prefix EFF000, no dictionary, brotli. */
export function programCode(module) {
  const options = {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 22,
      [constants.BROTLI_PARAM_SIZE_HINT]: module.length,
    },
  };
  return "0xeff00000" + brotliCompressSync(module, options).toString("hex");
}

/** Init code that returns `code`: PUSH2 length, DUP1, PUSH1 10, PUSH0, CODECOPY, PUSH0, RETURN. */
export function initCode(code) {
  const length = ((code.length - 2) / 2).toString(16).padStart(4, "0");
  return `0x61${length}80600a5f395ff3${code.slice(2)}`;
}

export const counterCode = assemble(source("counter.hex"));

/** The code of the counter as a program. */
export async function counterProgram(name) {
  return programCode(await counterModule(name));
}

/**
 * Writes until `count` things have been reported: `watch(report, fail)` begins to watch, `write()` makes
 * something to report. Whatever a watcher misses before it has begun is so made up for. What was reported.
 */
export async function collect(count, watch, write) {
  const found = [];
  let failure;
  const patience = Date.now() + 20_000;
  await watch((...things) => found.push(...things), (error) => { failure = error; });
  while (found.length < count) {
    if (failure) throw failure;
    if (Date.now() > patience) throw new Error(`only ${found.length} of ${count} were reported`);
    await write();
  }
  return found;
}

/** Asserts that `numbers` are some, each one more than the one before. */
export function assertConsecutive(numbers) {
  assert.ok(numbers.length > 1);
  numbers.forEach((number, index) => assert.equal(number, numbers[0] + BigInt(index)));
}

export const counterInterface = [
  "event Changed(address indexed by, uint256 number)",
  "error Refused(uint256 number)",
  "function number() external view returns (uint256)",
  "function setNumber(uint256 number) external",
  "function increment() external",
  "function refuse() external view",
];
export const arbWasm = "0x0000000000000000000000000000000000000071";
export const arbWasmInterface = [
  "function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee)",
  "function stylusVersion() external view returns (uint16)",
  "function programVersion(address program) external view returns (uint16)",
  "function codehashVersion(bytes32 codehash) external view returns (uint16)",
  "event ProgramActivated(bytes32 indexed codehash, bytes32 moduleHash, address program, uint256 dataFee, uint16 version)",
  "error ProgramNotActivated()",
  "error ProgramUpToDate()",
];

const cases = [];

/** Registers a case; they run in this order. */
export function test(name, run) {
  cases.push([name, run]);
}

/** Runs the cases. A case that failed does not keep the others from running. */
export async function finish(client) {
  let failed = 0;
  for (const [name, run] of cases) {
    try {
      await run();
      console.log(`ok      ${client}: ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED  ${client}: ${name}\n${error.stack ?? error}`);
    }
  }
  console.log(`${client}: ${cases.length - failed} of ${cases.length} passed`);
  process.exit(failed === 0 ? 0 : 1);
}
