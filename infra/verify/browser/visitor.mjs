// What people do on the pages.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

export const password = "practice-helpdesk";
export const newPassword = "Practice-helpdesk-2";

export const doors = {
  users: {
    home: "/", start: "/login/authenticate/1", callback: "/login/authenticate-callback/1", settings: "/settings/jwt",
    login: "/users/login", logout: "/users/logout",
  },
  agents: {
    home: "/agent/", start: "/agent/login/authenticate/2", callback: "/agent/login/authenticate-callback/2", settings: "/agent/settings/jwt",
    login: "/agents/login", logout: "/agents/logout",
  },
};

const patience = 20_000; // in milliseconds: a busy machine is slow, not wrong

export const at = (origin, pathname) => (url) => url.origin === origin && url.pathname === pathname;

export class Visitor {
  // open notes every request and everything that the browser complains of.
  async open(browser, options) {
    this.scripted = options?.javaScriptEnabled !== false;
    this.context = await browser.newContext({ viewport: { width: 640, height: 480 }, locale: "en-GB", ...options });
    this.context.setDefaultTimeout(patience);
    this.context.on("console", (message) => {
      const expected = /^Failed to load resource: the server responded with a status of 4\d\d /;
      if (["error", "warning"].includes(message.type()) && !expected.test(message.text())) this.complain(message.text());
    });
    this.context.on("weberror", (err) => this.complain(String(err.error())));
    this.context.on("request", (request) => this.seen.push(request));
  }

  complain(text) {
    console.error(text); // a failed test hides what follows
    this.trouble.push(text);
  }

  // forget begins anew. Of the codes sent before it keeps those that new
  // accounts wait with.
  async forget() {
    this.trouble = [];
    this.seen = [];
    this.site.mail = this.site.mail.filter((m) => m.purpose === "confirm");
    await this.context.clearCookies();
    const pages = this.context.pages();
    this.page = await this.context.newPage();
    for (const page of pages) await page.close();
  }

  link = (name) => this.page.getByRole("link", { name, exact: true });
  button = (name) => this.page.getByRole("button", { name, exact: true });
  heading = (name) => this.page.getByRole("heading", { level: 1, name });
  field = (name) => this.page.locator(`[name="${name}"]:visible`).first();

  // logIn goes from the practice Deskpro to our sign-in page.
  async logIn(door = doors.users, text = "Log in and write a ticket") {
    await this.page.goto(this.site.helpdesk + door.home);
    await this.link(text).click();
    await this.page.waitForURL(at(this.site.ours, door.login));
  }

  // begin goes there at once, as one who wants to write a ticket.
  async begin(door = doors.users) {
    const known = this.site.addresses;
    if (!known[door.home]) {
      await this.page.goto(this.site.helpdesk + door.home);
      known[door.home] = await this.link("Log in and write a ticket").getAttribute("href");
    }
    await this.page.goto(known[door.home]);
  }

  async submit(login, word = password) {
    await this.fill({ username: login, password: word });
    await this.button("Sign in").click();
  }

  async fill(values) {
    for (const [name, value] of Object.entries(values)) await this.field(name).fill(value);
  }

  // answer fills in a page and sends it. With a script, six digits of a code are
  // sent as soon as they are there.
  async answer(values, name = "Continue") {
    const whole = "code" in values && /^\d{6}$/.test(values.code) && this.scripted && (await this.page.locator("[data-whole]:visible").count()) > 0;
    await this.fill(values);
    if (!whole) await this.button(name).click();
  }

  // sendAside sends the page's form while the page stays, as the first of two
  // clicks does: the status of an answer that nobody sees.
  async sendAside() {
    const { action, values } = await this.page.evaluate(() => {
      const form = document.querySelector("main form");
      return { action: form.action, values: Object.fromEntries(new FormData(form, form.querySelector("button[type=submit]"))) };
    });
    const answer = await this.context.request.post(action, { form: values, maxRedirects: 0, headers: { origin: this.site.ours } });
    return answer.status();
  }

  // status is that of the answer to the form that act makes the browser send.
  async status(act) {
    const [answered] = await Promise.all([this.page.waitForResponse((response) => response.request().method() === "POST"), act()]);
    return answered.status();
  }

  // alerted waits for a page that says what was wrong.
  async alerted(words) {
    await this.page.getByRole("alert").filter({ hasText: words }).waitFor();
    assert.match(await this.page.title(), /^Error: /);
  }

  // blames checks that the field is empty, marked, and described by all of words.
  async blames(name, ...words) {
    const field = this.field(name);
    assert.equal(await field.getAttribute("aria-invalid"), "true", `${name} is marked`);
    assert.equal(await field.inputValue(), "", `${name} is empty`);
    const described = ((await field.getAttribute("aria-describedby")) ?? "").split(" ");
    const said = await Promise.all(described.map((id) => this.page.locator(`#${id}`).innerText()));
    for (const word of words) assert.match(said.join("\n"), word, `what describes ${name}`);
  }

  // focused tells the name of the field that what is typed goes to.
  focused = () => this.page.evaluate(() => document.activeElement?.getAttribute("name"));

  // arrive waits for the practice Deskpro's verdict and returns the claims that
  // it accepted.
  async arrive(door = doors.users) {
    await this.page.waitForURL(at(this.site.helpdesk, door.callback));
    const jwts = new URL(this.page.url()).searchParams.getAll("jwt");
    assert.equal(jwts.length, 1, "one jwt in the callback's URL");
    const { heading, referrer, claims } = await this.page.evaluate(() => {
      const text = (element, selector) => element.querySelector(selector).innerText;
      const rows = [...document.querySelectorAll("tbody tr")];
      return {
        heading: text(document, "h1"),
        referrer: document.referrer,
        claims: Object.fromEntries(rows.map((row) => [text(row, "th"), text(row, "td bdi")])),
      };
    });
    assert.equal(heading, "Signed in");
    assert.equal(referrer, "", "the callback's referrer");
    return claims;
  }

  // arriveAtTicket is for who began to write one: it is where they go on to.
  async arriveAtTicket(email, door = doors.users) {
    const claims = await this.arrive(door);
    assert.equal(claims.email, email);
    const links = await this.page.evaluate(() => [...document.links].map((link) => link.href));
    assert.ok(links.includes(`${this.site.helpdesk}${door.home}new-ticket/`), "a link to go on by");
    return claims;
  }

  // stops checks that it is a page of ours with a way on, and without a token.
  async stops(title) {
    await this.heading(title).waitFor();
    assert.equal(new URL(this.page.url()).origin, this.site.ours);
    assert.ok((await this.page.getByRole("link").count()) > 0, "a way on");
    assert.doesNotMatch(await this.page.content(), /eyJ/);
  }

  // requested counts the requests to addresses that begin so.
  requested = (url) => this.seen.filter((request) => request.url().startsWith(url)).length;

  // code takes the newest code that was sent to an address or number.
  async code(to, purpose = "sign-in") {
    const mine = (m) => m.to === to && m.purpose === purpose;
    for (let waited = 0; !this.site.mail.some(mine); waited += 20) {
      assert.ok(waited < patience, `no code for ${purpose} was sent to ${to}`);
      await sleep(20);
    }
    const { code } = this.site.mail.findLast(mine);
    this.site.mail = this.site.mail.filter((m) => !mine(m));
    return code;
  }
}
