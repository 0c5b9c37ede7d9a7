// Plays the change of a door's secret: made and promoted with loginctl, pasted
// into the practice Deskpro, before and after it signs, by people who stay signed
// in all the while.
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

import { faults } from "./faults.mjs";
import { screens } from "./pages.mjs";
import { bothWays, root, screenshots, visit } from "./practice.mjs";
import { at, doors } from "./visitor.mjs";

const axe = readFileSync(createRequire(`${process.env.VERIFY_NODE_MODULES}/`).resolve("axe-core/axe.min.js"), "utf8");
const loginctl = path.join(root, ".verify", "loginctl");

const [ugo, ana] = ["ugo@example.com", "ana@example.com"];
const unknown = "a-secret-that-nobody-knows-but-the-helpdesk";
const stopped = "The helpdesk did not accept this sign-in";

// remembered is for how long, in milliseconds, the sign-in page believes what it
// last heard of all versions of a secret, and a little more.
const remembered = 4_000;

// tabs is how many a person opens at once, for the same page.
const tabs = 8;

export function rotation() {
  mkdirSync(screenshots, { recursive: true });
  before(() => execFileSync("go", ["build", "-o", loginctl, "./infra/loginctl"], { cwd: root, stdio: "inherit" }));

  bothWays("changing a secret", [], (v) => {
    test("Deskpro has it before it signs", async () => {
      const d = new Dance(v, "users");
      await d.signIn(ugo);
      await d.make();
      await d.paste("second", { automatic: true });
      assert.deepEqual(await d.logIn(), ["first", "second"]);
      assert.deepEqual(await d.logIn(), ["first", "second"], "the next one, too");

      await d.loginctl("confirm");
      await d.loginctl("promote", "--apply");
      assert.equal((await d.logIn()).at(-1), "second");
      await sleep(remembered);
      assert.equal((await d.logIn()).at(-1), "second");
      assert.deepEqual(await d.logIn(), ["second"], "the one before showed what signs now");
    });

    test("Deskpro has it after it signs, and it is rolled back", async () => {
      const d = new Dance(v, "agents");
      await d.signIn(ana);
      await d.make();
      await d.loginctl("promote", "--unconfirmed", "--apply");
      await sleep(remembered);
      await d.learn();
      assert.deepEqual(await d.logIn(), ["second", "first"]);
      assert.deepEqual(await d.logIn(), ["second", "first"], "the next one, too");
      await d.paste("second");
      assert.deepEqual(await d.logIn(), ["second"]);

      await d.loginctl("rollback", "--apply");
      await sleep(remembered);
      await d.learn();
      assert.deepEqual(await d.logIn(), ["first", "second"]);
      await d.paste("first");
      assert.deepEqual(await d.logIn(), ["first"]);
    });
  });

  bothWays("a secret that is wrong", ["-sso", "automatic"], (v) => {
    test("the loop ends on a page, whose button leads on once the secret is right", async () => {
      const d = new Dance(v, "users");
      await d.signIn(ugo);
      await d.paste("unknown");
      for (let tries = 0; tries < 2; tries++) {
        await d.leave();
        if (tries) await v.link("Try again").click();
        else await d.start();
        await v.stops(stopped);
        await v.page.getByText("DPL-2021").waitFor();
        const tokens = d.tokens();
        assert.ok(tokens.length >= 4 && tokens.length <= 48, `${tokens.length} tokens`);
        assert.ok(tokens.every((by) => by === "first"), tokens.join());
        v.seen.length = 0;
      }
      const page = v.page;
      v.page = await v.context.newPage();
      await d.paste("first");
      v.page = page;
      v.seen.length = 0;
      await v.link("Try again").click();
      await v.arrive();
      assert.deepEqual(d.tokens(), ["first"]);
    });

    test("while another waits, each is tried", async () => {
      const d = new Dance(v, "agents");
      await d.signIn(ana);
      await d.make();
      await d.paste("unknown", { automatic: true });
      await d.leave();
      await d.start();
      await v.stops(stopped);
      assert.deepEqual(d.tokens().slice(0, 4), ["first", "second", "first", "second"]);
      await d.paste("second", { automatic: true });
      assert.deepEqual(await d.logIn(), ["first", "second"]);
      await d.loginctl("discard", "--apply");
      await d.paste("first");
    });

    test("tabs opened at once for the same page all arrive", async () => {
      const d = new Dance(v, "users");
      await d.signIn(ugo);
      await d.open(tabs);
      assert.ok(d.tokens().every((by) => by === "first"));
      await d.make();
      await d.paste("second");
      await sleep(remembered);
      await d.open(tabs);
      assert.equal(d.tokens().filter((by) => by === "second").length, tabs);
      await d.loginctl("discard", "--apply");
      await d.paste("first");
    });
  });

  describe("pages of a change", { concurrency: 1 }, () => {
    const v = visit({});

    test("the settings, and their test", async () => {
      const d = new Dance(v, "users");
      await d.signIn(ugo);
      await v.page.goto(v.site.helpdesk);
      await v.link("Settings of the JWT app").click();
      await look(v, "settings", ["It has 52 characters.", v.site.ours + d.door.login, "HS256", "token accepted"]);
      assert.deepEqual(await d.test(), ["The token was accepted."]);
      await d.paste("unknown");
      await look(v, "settings-saved", ["It has 43 characters."]);
      assert.deepEqual(await d.test(), ["The token was not accepted.", "token refused: token signature is invalid: signature is invalid"]);
      d.secrets.spaced = `${d.secrets.first} `;
      await d.paste("spaced");
      await look(v, "settings-spaced", ["It ends with white space", "Every token is refused"]);
      await d.paste("first");
      assert.deepEqual(await d.test(), ["The token was accepted."]);
    });

    test("the one that ends the loop", async () => {
      const d = new Dance(v, "users");
      await d.signIn(ugo);
      await d.paste("unknown", { automatic: true });
      await d.start();
      await v.stops(stopped);
      await look(v, "not-accepted", ["DPL-2021", "secret", "clock"]);
    });
  });
}

// look holds a page to axe-core's rules on every screen, and leaves screenshots.
async function look(v, name, words) {
  await v.heading(/./).waitFor();
  const text = await v.page.locator("main").innerText();
  for (const word of words) assert.ok(text.includes(word), `${name} says ${word}: ${text}`);
  for (const [screen, { colorScheme, ...viewport }] of Object.entries(screens)) {
    await v.page.setViewportSize(viewport);
    await v.page.emulateMedia({ colorScheme });
    await v.page.screenshot({ path: path.join(screenshots, `${name}-${screen}.png`), fullPage: true });
    await v.page.evaluate(axe);
    const { violations, passes } = await v.page.evaluate(() => window.axe.run());
    const said = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`));
    assert.deepEqual(said, [], `${name} on a ${screen} screen`);
    assert.ok(passes.length > 10, "axe looked at something");
    const width = await v.page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= viewport.width, `${name} is ${width} px wide on ${viewport.width}`);
    if (new URL(v.page.url()).origin === v.site.ours) {
      assert.deepEqual(await v.page.evaluate(faults, viewport.width), [], `faults of ${name} on a ${screen} screen`);
    }
  }
}

// Dance is a change of one door's secret.
class Dance {
  constructor(v, door) {
    this.v = v;
    this.name = door;
    this.door = doors[door];
    this.secrets = { first: v.site.secrets[door], unknown };
  }

  async loginctl(act, ...flags) {
    const { stdout } = await promisify(execFile)(loginctl, ["secret", act, "--door", this.name, ...flags, ...this.v.site.rotation], {
      env: { HOME: root, AWS_EC2_METADATA_DISABLED: "true" },
      timeout: 30_000,
    });
    return stdout;
  }

  // make has a second version wait.
  async make() {
    this.secrets.second = await this.loginctl("generate", "--reveal");
    assert.match(this.secrets.second, /^[A-Za-z0-9]{64}$/);
  }

  start = () => this.v.page.goto(this.v.site.helpdesk + this.door.start);

  async signIn(person) {
    await this.start();
    await this.v.submit(person);
    await this.v.arrive(this.door);
    assert.deepEqual(this.tokens(), ["first"]);
  }

  // paste saves the secret of that name in the practice Deskpro.
  async paste(name, { automatic } = {}) {
    const { page, site } = this.v;
    await page.goto(site.helpdesk + this.door.settings);
    await page.getByLabel("Secret").fill(this.secrets[name]);
    if (automatic !== undefined) await page.getByLabel("SSO automatic").setChecked(automatic);
    await this.v.button("Save").click();
    await page.getByRole("status").filter({ hasText: "Saved" }).waitFor();
    assert.equal(await page.getByLabel("Secret").inputValue(), this.secrets[name]);
  }

  // leave is what a minute does, and Deskpro's forgetting who is signed in there.
  async leave() {
    await this.v.context.clearCookies({ name: /trail|practice/ });
    this.v.seen.length = 0;
  }

  // logIn returns what signed the tokens that it took, later.
  async logIn() {
    await this.leave();
    await this.start();
    return this.goOn();
  }

  // goOn does what people do whom Deskpro refuses.
  async goOn() {
    const { v } = this;
    for (let tries = 0; (await v.heading(/./).innerText()) === "Login refused" && tries < 8; tries++) {
      await v.page.getByText("signature is invalid").waitFor();
      await v.link("Try again").click();
      await v.page.waitForLoadState();
    }
    await v.arrive(this.door);
    return this.tokens();
  }

  // learn has the sign-in page see what signs now: it looks when somebody comes
  // twice in a minute.
  async learn() {
    await this.logIn();
    await this.start();
    await this.goOn();
  }

  // open opens so many tabs at once and sees them all arrive.
  async open(count) {
    await this.leave();
    const { v } = this;
    const pages = await Promise.all(Array.from({ length: count }, () => v.context.newPage()));
    await Promise.all(pages.map((page) => page.goto(v.site.helpdesk + this.door.start)));
    for (const page of pages) {
      await page.waitForURL(at(v.site.helpdesk, this.door.callback));
      assert.equal(await page.getByRole("heading", { level: 1 }).innerText(), "Signed in");
      await page.close();
    }
  }

  // test presses the button of the settings page and returns what its tab says.
  async test() {
    const opened = this.v.context.waitForEvent("page");
    await this.v.link("Test Settings").click();
    const tab = await opened;
    await tab.getByRole("heading", { level: 1, name: "Test Settings" }).waitFor();
    const said = await tab.locator("main > p").allInnerTexts();
    await tab.close();
    await this.v.context.clearCookies({ name: /trail/ });
    return said.map((text) => text.replace(" Nobody is signed in by a test.", ""));
  }

  // tokens are those that Deskpro got, by the name of the secret that signed them.
  tokens() {
    return this.v.seen
      .map((request) => new URL(request.url()))
      .filter((url) => url.origin === this.v.site.helpdesk && url.pathname === this.door.callback)
      .map((url) => {
        const [header, payload, signature] = url.searchParams.get("jwt").split(".");
        const by = ([, secret]) => createHmac("sha256", secret).update(`${header}.${payload}`).digest("base64url") === signature;
        return Object.entries(this.secrets).find(by)?.[0] ?? "something else";
      });
  }
}
