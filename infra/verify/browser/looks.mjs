// How a company makes the pages look, what the script adds to them, and what
// people need who see, hear or press otherwise.
import assert from "node:assert/strict";
import path from "node:path";
import { describe, test } from "node:test";

import { axe } from "./axe.mjs";
import { faults } from "./faults.mjs";
import { screenshots, visit } from "./practice.mjs";
import { at, doors, password } from "./visitor.mjs";

const logo =
  "data:image/svg+xml,%3Csvg%20xmlns%3D%22http%3A%2F%2Fwww.w3.org%2F2000%2Fsvg%22%20viewBox%3D%220%200%20160%2040%22%3E%3Crect%20width%3D%22160%22%20height%3D%2240%22%20rx%3D%228%22%20fill%3D%22%23ffcc00%22%2F%3E%3C%2Fsvg%3E";

export function looks() {
  describe("a company's looks", { concurrency: 1 }, () => {
    const look = ["ACCENT=#ffcc00", `LOGO=${logo}`, "SUPPORT_URL=mailto:help@acme.example", "PRIVACY_URL=https://acme.example/privacy", "IMPRINT_URL=https://acme.example/imprint", "AGENTS_BRAND=Acme Staff", "AGENTS_ACCENT=#063", "LANGUAGES=en de"];
    const v = visit({ viewport: { width: 390, height: 844 } }, look.flatMap((text) => ["-look", text]));

    test("logo, colour and links, legible in each scheme", async () => {
      await v.begin();
      const picture = v.page.getByRole("img", { name: "Practice Company" });
      assert.ok(await picture.evaluate((img) => img.complete && img.naturalWidth > 0), "the logo is drawn");
      for (const name of ["Help", "Privacy", "Legal notice"]) await v.link(name).waitFor();
      for (const colorScheme of ["light", "dark"]) {
        await v.page.emulateMedia({ colorScheme });
        assert.deepEqual(await v.page.evaluate(faults, 390), [], colorScheme);
        assert.deepEqual(await axe(v.page), [], colorScheme);
        await v.page.screenshot({ path: path.join(screenshots, `looks-${colorScheme}.png`), fullPage: true });
      }
      assert.equal(v.requested("https://"), 0, "requests to elsewhere");
      await v.begin(doors.agents);
      assert.match(await v.page.title(), /Acme Staff/);
      assert.deepEqual(await axe(v.page), []);
    });
  });

  describe("what people need", { concurrency: 1 }, () => {
    const v = visit({ viewport: { width: 640, height: 700 } });

    test("signing in by the keyboard alone", async () => {
      await v.begin();
      await v.page.waitForFunction(() => document.activeElement.name === "username");
      await v.page.keyboard.type("ugo@example.com");
      await v.page.keyboard.press("Tab");
      assert.equal(await v.focused(), "password");
      await v.page.keyboard.type(password);
      await v.page.keyboard.press("Tab");
      const shown = await v.page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
      assert.equal(shown, "solid", "the focus is seen");
      await v.page.keyboard.press("Enter"); // shows the password, and stays
      assert.equal(await v.page.locator("#password").getAttribute("type"), "text");
      await v.page.keyboard.press("Tab");
      await v.page.keyboard.press("Enter");
      await v.arriveAtTicket("ugo@example.com");
    });

    test("names and roles that a screen reader says", async () => {
      await v.begin();
      await v.submit("ugo@example.com", "wrong");
      await v.alerted(/not right/);
      const tree = await v.page.locator("main").ariaSnapshot();
      for (const line of ['heading "Sign in" [level=1]', "alert", 'textbox "Login or email address"', 'textbox "Password"', 'button "Show password"', 'button "Sign in"', 'link "Forgotten your password?"']) {
        assert.ok(tree.includes(line), `${line} in\n${tree}`);
      }
      await v.blames("password", /not right/);
    });

    test("a password is shown and hidden, and never left as text", async () => {
      await v.begin();
      const field = v.page.locator("#password");
      await field.fill(password);
      await v.button("Show password").click();
      assert.equal(await field.getAttribute("type"), "text");
      assert.equal(await v.button("Show password").getAttribute("aria-pressed"), "true");
      await v.fill({ username: "ugo@example.com" });
      await v.page.evaluate(() => document.querySelector("main form").addEventListener("submit", (event) => { globalThis.sentAs = document.querySelector("#password").type; event.preventDefault(); }));
      await v.button("Sign in").click();
      assert.equal(await v.page.evaluate(() => globalThis.sentAs), "password");
    });

    test("Caps Lock is told of", async () => {
      await v.begin();
      await v.page.locator("#password").focus();
      await v.page.evaluate(() => document.querySelector("#password").dispatchEvent(Object.defineProperty(new KeyboardEvent("keydown", { key: "A" }), "getModifierState", { value: () => true })));
      await v.page.getByText("Caps Lock is on.").waitFor();
      // The hint takes no room that the button would jump into between press and release.
      await v.fill({ username: "ugo@example.com", password });
      const box = await v.button("Sign in").boundingBox();
      await v.page.mouse.click(box.x + box.width / 2, box.y + box.height * 0.9);
      await v.arriveAtTicket("ugo@example.com");
    });

    test("a wait counts down", async () => {
      for (let i = 0; i < 5; i++) {
        await v.begin();
        await v.submit("nobody@example.com", "wrong");
        await v.page.getByRole("alert").waitFor();
      }
      const clock = v.page.getByRole("timer");
      const left = async () => Number((await clock.innerText()).replace(/^0:/, ""));
      const first = await left();
      assert.ok(first > 0 && first <= 30, `${first} seconds`);
      await v.page.waitForFunction((first) => Number(document.querySelector("[role=timer]").innerText.replace(/^0:/, "")) < first, first);
    });

    test("200 % text, high contrast and forced colours", async () => {
      await v.begin();
      await v.page.addStyleTag({ content: "html{font-size:200%}" }).catch(() => {}); // the policy refuses it: by the browser's own setting then
      const client = await v.context.newCDPSession(v.page);
      await client.send("Emulation.setPageScaleFactor", { pageScaleFactor: 1 });
      v.trouble = [];
      await v.page.evaluate(() => (document.documentElement.style.fontSize = "200%"));
      await v.page.setViewportSize({ width: 640, height: 700 });
      assert.ok((await v.page.evaluate(() => document.documentElement.scrollWidth)) <= 640, "no scrolling to the side");
      await v.page.emulateMedia({ forcedColors: "active", contrast: "more" });
      assert.deepEqual(await axe(v.page), []);
      await v.page.screenshot({ path: path.join(screenshots, "forced-colours.png"), fullPage: true });
    });

    test("in a window that another one opened", async () => {
      await v.page.goto(`${v.site.helpdesk}/`);
      const address = await v.link("Log in").first().getAttribute("href");
      const [popup] = await Promise.all([v.context.waitForEvent("page"), v.page.evaluate((address) => void window.open(address, "test", "width=500,height=600"), address)]);
      const opener = v.page;
      v.page = popup;
      await v.submit("ugo@example.com");
      await popup.waitForURL(at(v.site.helpdesk, doors.users.callback));
      assert.equal(await popup.evaluate(() => window.opener !== null), true, "the window still knows who opened it");
      v.page = opener;
    });

    test("a slow network", async () => {
      const client = await v.context.newCDPSession(v.page);
      await client.send("Network.enable");
      await client.send("Network.emulateNetworkConditions", { offline: false, latency: 1500, downloadThroughput: 6_000, uploadThroughput: 3_000 });
      await v.begin();
      await v.submit("ugo@example.com");
      await v.arriveAtTicket("ugo@example.com");
    });
  });
}
