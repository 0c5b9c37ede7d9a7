// What the browser tests run in: the local server and Debian's chromium. Needs
// VERIFY_CHROMIUM and VERIFY_NODE_MODULES.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, afterEach, before, beforeEach, describe } from "node:test";
import { fileURLToPath } from "node:url";

import { Visitor } from "./visitor.mjs";

const { chromium } = createRequire(`${process.env.VERIFY_NODE_MODULES}/`)("playwright-core");

export const root = fileURLToPath(new URL("../../..", import.meta.url));
const program = path.join(root, ".verify", "local");
export const screenshots = path.join(root, ".verify", "screenshots");

let browser, log;

before(async () => {
  execFileSync("go", ["build", "-o", program, "./infra/local"], { cwd: root, stdio: "inherit" });
  log = openSync(`${program}.log`, "w");
  browser = await chromium.launch({
    executablePath: process.env.VERIFY_CHROMIUM,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
});

after(() => browser?.close());

// serve starts the local server. Its two origins are 127.0.0.1, ours, and
// localhost, the helpdesk's, on one port.
async function serve(flags) {
  const server = spawn(program, ["-addr", "127.0.0.1:0", ...flags], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  const site = { mail: [], addresses: {}, secrets: {}, stop: () => server.kill() };
  createInterface({ input: server.stderr }).on("line", (line) => {
    writeSync(log, `${line}\n`);
    const sent = /^practice \w+ to (\S+) \(([\w-]+)\): code (\d+)$/.exec(line);
    if (sent) site.mail.push({ to: sent[1], purpose: sent[2], code: sent[3] });
  });
  for await (const line of createInterface({ input: server.stdout })) {
    const secret = /^practice secret (\w+): (.*)$/.exec(line);
    if (secret) site.secrets[secret[1]] = secret[2];
    const rotate = /^rotate them: .* secret status (.*)$/.exec(line);
    if (rotate) site.rotation = rotate[1].split(" ");
    const ready = /^listening on (http:\/\/127\.0\.0\.1:(\d+))/.exec(line);
    if (ready) {
      server.stdout.resume();
      return Object.assign(site, { ours: ready[1], helpdesk: `http://localhost:${ready[2]}` });
    }
  }
  throw new Error("the local server ended before it was ready: see .verify/local.log");
}

// visit gives the tests of a suite a local server of their own and a browser,
// which knows nothing at the beginning of each.
export function visit(options, flags = []) {
  const v = new Visitor();
  before(async () => {
    v.site = await serve(flags);
    await v.open(browser, options);
  });
  beforeEach(() => v.forget());
  afterEach(() => assert.deepEqual(v.trouble, [], "the browser complained"));
  after(async () => {
    await v.context?.close();
    v.site?.stop();
  });
  return v;
}

// debugged runs use with the port of a browser of its own that it may steer.
export async function debugged(use) {
  const folder = mkdtempSync(path.join(tmpdir(), "browser-"));
  const own = spawn(process.env.VERIFY_CHROMIUM, ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--remote-debugging-port=0", `--user-data-dir=${folder}`], { stdio: ["ignore", "ignore", "pipe"] });
  try {
    for await (const line of createInterface({ input: own.stderr })) {
      const port = /^DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)\//.exec(line)?.[1];
      if (port) {
        own.stderr.resume();
        return await use(Number(port));
      }
    }
    throw new Error("the browser ended before it was ready");
  } finally {
    own.kill();
    await new Promise((done) => own.once("exit", done));
    rmSync(folder, { recursive: true, force: true, maxRetries: 30, retryDelay: 200 }); // its last processes may still write
  }
}

// bothWays runs the same tests with JavaScript and, beside them, without.
export function bothWays(name, flags, tests) {
  for (const javaScriptEnabled of [true, false]) {
    describe(`${name}, JavaScript ${javaScriptEnabled ? "on" : "off"}`, { concurrency: 1 }, () => {
      tests(visit({ javaScriptEnabled }, flags));
    });
  }
}
