// Plays the way through both doors in Debian's chromium: from the practice
// Deskpro to the sign-in page and back over a redirect to another origin, which
// no test without a browser can prove. Every flow runs with and without
// JavaScript. Needs VERIFY_CHROMIUM and VERIFY_NODE_MODULES; leaves screenshots
// in .verify/screenshots.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, openSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

const { chromium } = createRequire(`${process.env.VERIFY_NODE_MODULES}/`)("playwright-core");

const root = fileURLToPath(new URL("../../..", import.meta.url));
const screenshots = path.join(root, ".verify", "screenshots");
const password = "practice-helpdesk";
const user = "ugo@example.com";
const agent = "ana@example.com"; // in the group that the agents' door asks for

let server, browser;
let ours, helpdesk; // the two origins: 127.0.0.1 and localhost, one port
let context, page, trouble, seen;

before(async () => {
  mkdirSync(screenshots, { recursive: true });
  const program = path.join(root, ".verify", "local");
  execFileSync("go", ["build", "-o", program, "./infra/local"], { cwd: root, stdio: "inherit" });
  const log = openSync(`${program}.log`, "w");
  server = spawn(program, ["-addr", "127.0.0.1:0"], { cwd: root, stdio: ["ignore", "pipe", log] });
  for await (const line of createInterface({ input: server.stdout })) {
    const ready = /^listening on (http:\/\/127\.0\.0\.1:(\d+))/.exec(line);
    if (ready) {
      [ours, helpdesk] = [ready[1], `http://localhost:${ready[2]}`];
      break;
    }
  }
  assert.ok(ours, "the local server ended before it was ready: see .verify/local.log");
  server.stdout.resume();
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

after(async () => {
  await browser?.close();
  server?.kill();
});

// open starts a browser that knows nothing yet. It notes every request and
// everything that the browser complains of.
async function open(options) {
  context = await browser.newContext(options);
  context.setDefaultTimeout(10_000);
  trouble = [];
  seen = [];
  context.on("console", (message) => {
    const expected = /^Failed to load resource: the server responded with a status of 4\d\d /;
    if (["error", "warning"].includes(message.type()) && !expected.test(message.text())) trouble.push(message.text());
  });
  context.on("weberror", (err) => trouble.push(String(err.error())));
  context.on("request", (request) => seen.push(request));
  page = await context.newPage();
}

async function closeQuietly() {
  await context.close();
  for (const complaint of trouble) console.error(complaint); // a failed test hides what follows
  assert.deepEqual(trouble, [], "the browser complained");
}

const link = (name) => page.getByRole("link", { name, exact: true });
const heading = (name) => page.getByRole("heading", { level: 1, name });
const at = (origin, pathname) => (url) => url.origin === origin && url.pathname === pathname;

// logIn goes from the practice Deskpro to our sign-in page.
async function logIn(door, text = "Log in") {
  await page.goto(helpdesk + door.home);
  await link(text).click();
  await page.waitForURL(at(ours, door.login));
}

async function submit(login, word) {
  await page.locator("[name=username]").fill(login);
  await page.locator("[name=password]").fill(word);
  await page.getByRole("button", { name: /^(sign|log) in$/i }).click();
}

// arrive waits for the practice Deskpro's verdict and returns the claims that
// it accepted.
async function arrive(door) {
  await page.waitForURL(at(helpdesk, door.callback));
  await heading("Signed in").waitFor();
  const jwts = new URL(page.url()).searchParams.getAll("jwt");
  assert.equal(jwts.length, 1, "one jwt in the callback's URL");
  assert.equal(await page.evaluate(() => document.referrer), "", "the callback's referrer");
  const claims = {};
  for (const row of await page.locator("tbody tr").all()) {
    claims[await row.locator("th").innerText()] = await row.locator("td bdi").innerText();
  }
  return claims;
}

const doors = {
  users: { home: "/", login: "/users/login", callback: "/login/authenticate-callback/1", person: user },
  agents: { home: "/agent/", login: "/agents/login", callback: "/agent/login/authenticate-callback/2", person: agent },
};

for (const javaScriptEnabled of [true, false]) {
  describe(`with JavaScript ${javaScriptEnabled ? "on" : "off"}`, () => {
    beforeEach(() => open({ javaScriptEnabled }));
    afterEach(closeQuietly);

    for (const [name, door] of Object.entries(doors)) {
      test(`${name}: a password leads from Deskpro to Deskpro`, async () => {
        await logIn(door);
        const form = page.url();
        await submit(door.person, password);
        const claims = await arrive(door);
        assert.equal(claims.email, door.person);
        assert.equal(claims.aud, helpdesk);
        for (const claim of ["id", "name", "iss", "iat", "exp", "jti"]) assert.ok(claims[claim], `claim ${claim}`);

        const post = seen.find((request) => request.method() === "POST");
        const sent = await post.allHeaders();
        assert.equal(new URL(post.url()).origin, ours);
        assert.equal(sent.origin, ours, "Origin of the form");
        assert.equal(sent.referer, form, "Referer of the form");
        assert.equal(sent["sec-fetch-site"], "same-origin");
        const callback = await seen.find((request) => request.url().includes("jwt=")).allHeaders();
        assert.equal(callback.referer, undefined, "Referer of the callback");
      });

      test(`${name}: the next login asks nothing`, async () => {
        await logIn(door);
        await submit(door.person, password);
        const first = await arrive(door);
        await context.clearCookies({ domain: "localhost" }); // Deskpro forgets, we do not
        seen.length = 0;
        await page.goto(helpdesk + door.home);
        await link("Log in").click();
        const second = await arrive(door);
        assert.equal(second.id, first.id);
        assert.notEqual(second.jti, first.jti);
        for (const request of seen.filter((request) => request.url().startsWith(ours))) {
          assert.equal((await request.response()).status(), 302, `status of ${new URL(request.url()).pathname}`);
        }
      });

      test(`${name}: logging out ends the session, and its cookie is worth nothing`, async () => {
        await logIn(door);
        await submit(door.person, password);
        await arrive(door);
        const kept = await context.cookies(ours);
        await page.getByRole("button", { name: "Log out" }).click();
        await page.waitForURL(at(helpdesk, door.home));
        assert.deepEqual(await context.cookies(ours), [], "cookies after the log-out");
        await link("Log in").click();
        await page.locator("[name=password]").waitFor();

        await context.addCookies(kept);
        await logIn(door);
        await page.locator("[name=password]").waitFor();
      });

      test(`${name}: a wrong password keeps the way back and the login`, async () => {
        await logIn(door, "Log in and write a ticket");
        const answered = page.waitForResponse((response) => response.request().method() === "POST");
        await submit(door.person, "wrong");
        assert.equal((await answered).status(), 401);
        await page.getByRole("alert").waitFor();
        assert.match(await page.title(), /^Error/);
        assert.equal(await page.locator("[name=username]").inputValue(), door.person);
        assert.equal(await page.locator("[name=password]").inputValue(), "");
        await submit(door.person, password);
        await arrive(door);
        await link(`Continue to ${door.home}new-ticket/`).click();
        await heading("New ticket").waitFor();
      });
    }

    test("users: the session's cookie is bound to the host", async () => {
      await logIn(doors.users);
      await submit(user, password);
      await arrive(doors.users);
      // The local server sends a second one, for browsers that refuse this.
      const cookie = (await context.cookies(ours)).find((cookie) => cookie.name.startsWith("__Host-"));
      assert.ok(cookie, "the browser took the cookie");
      assert.deepEqual(
        [cookie.domain, cookie.path, cookie.secure, cookie.httpOnly, cookie.sameSite],
        ["127.0.0.1", "/", true, true, "Lax"],
      );
    });

    test("one session opens both doors to an agent", async () => {
      await logIn(doors.users);
      await submit(agent, password);
      await arrive(doors.users);
      await page.goto(helpdesk + doors.agents.home);
      await link("Log in").click();
      assert.equal((await arrive(doors.agents)).email, agent);
    });

    test("agents: a user gets a page and no token", async () => {
      await logIn(doors.agents);
      const answered = page.waitForResponse((response) => response.request().method() === "POST");
      await submit(user, password);
      assert.equal((await answered).status(), 403);
      await heading(/./).waitFor();
      assert.equal(new URL(page.url()).origin, ours);
      assert.ok((await page.getByRole("link").count()) > 0, "a way on");
      assert.ok(!seen.some((request) => request.url().includes("jwt=")), "a token was sent");
      assert.doesNotMatch(await page.content(), /eyJ/);
    });
  });
}

// The pages that people see, and how to get to each.
const pages = {
  "sign-in": () => logIn(doors.users),
  wrong: async () => {
    await logIn(doors.users);
    await submit(user, "wrong");
    await page.getByRole("alert").waitFor();
  },
  refused: async () => {
    await logIn(doors.agents);
    await submit(user, password);
    await page.locator("[name=password]").waitFor({ state: "detached" });
  },
  "bad-return": () => page.goto(`${ours}/users/login?return=https%3A%2F%2Felsewhere.example%2F`),
  "signed-out": () => page.goto(`${ours}/users/logout`),
};

const screens = {
  narrow: { viewport: { width: 320, height: 640 } },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
  dark: { viewport: { width: 1024, height: 768 }, colorScheme: "dark" },
};

for (const [screen, options] of Object.entries(screens)) {
  describe(`on a ${screen} screen`, () => {
    beforeEach(() => open(options));
    afterEach(closeQuietly);

    for (const [name, reach] of Object.entries(pages)) {
      test(`the ${name} page fits`, async () => {
        await reach();
        await page.screenshot({ path: path.join(screenshots, `${name}-${screen}.png`), fullPage: true });
        assert.equal(new URL(page.url()).origin, ours);
        const { width, scroll } = await page.evaluate(() => ({ width: innerWidth, scroll: document.documentElement.scrollWidth }));
        assert.ok(scroll <= width, `it is ${scroll} px wide on ${width}`);
      });
    }
  });
}
