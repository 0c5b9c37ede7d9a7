// The pages in other languages: chosen by the browser or by hand, from left to
// right or from right to left. Fields and buttons are found by what they are.
import assert from "node:assert/strict";
import path from "node:path";
import { describe, test } from "node:test";

import { axe } from "./axe.mjs";
import { faults } from "./faults.mjs";
import { authenticator, wrong } from "./authenticator.mjs";
import { bothWays, screenshots, visit } from "./practice.mjs";
import { password } from "./visitor.mjs";

const send = (v) => v.page.locator("main form button[type=submit]").first().click();
const signIn = async (v, login, word = password) => {
  await v.fill({ username: login, password: word });
  await send(v);
};

export function languages() {
  for (const locale of ["ar", "zh-CN"]) {
    describe(`pages in ${locale}`, { concurrency: 1 }, () => {
      const v = visit({ locale, isMobile: true, hasTouch: true, viewport: { width: 320, height: 640 } });
      const looks = {
        "sign-in": () => v.begin(),
        wrong: async () => {
          await v.begin();
          await signIn(v, "ugo@example.com", "wrong");
          await v.page.getByRole("alert").waitFor();
        },
        code: async () => {
          await v.begin();
          await signIn(v, "mia@example.com");
          await v.field("code").waitFor();
        },
        reset: () => v.page.goto(`${v.site.ours}/users/login/reset`),
        error: () => v.page.goto(`${v.site.ours}/users/nothing`),
        "signed-out": () => v.page.goto(`${v.site.ours}/users/logout`),
      };
      for (const [name, reach] of Object.entries(looks)) {
        test(name, async () => {
          await reach();
          const html = v.page.locator("html");
          assert.equal(await html.getAttribute("lang"), locale === "zh-CN" ? "zh-Hans" : locale);
          assert.equal(await html.getAttribute("dir"), locale === "ar" ? "rtl" : "ltr");
          const found = await v.page.evaluate(faults, 320);
          assert.deepEqual(found.filter((fault) => !fault.includes("the title's word")), [], "faults");
          assert.deepEqual(await axe(v.page), [], "axe");
          await v.page.screenshot({ path: path.join(screenshots, `${name}-${locale}.png`), fullPage: true });
        });
      }
    });
  }

  bothWays("a choice of languages", [], (v) => {
    const choose = async (name) => {
      await v.page.locator("footer summary").click();
      await v.button(name).click();
    };

    test("keeps the way, and what is under way", async () => {
      const app = authenticator();
      await v.begin();
      await choose("Deutsch");
      await v.heading("Anmelden").waitFor();
      await signIn(v, "mia@example.com");
      await v.field("code").waitFor();
      await choose("日本語");
      assert.equal(await v.page.locator("html").getAttribute("lang"), "ja");
      const code = await app.code();
      await v.fill({ code: wrong(code) });
      if (!v.scripted) await send(v);
      await v.page.getByRole("alert").waitFor();
      await choose("English");
      await v.alerted(/isn’t right/);
      await v.answer({ code });
      await v.arriveAtTicket("mia@example.com");
    });

    test("is remembered, and keeps a login that was typed", async () => {
      await v.begin();
      await v.submit("ugo@example.com", "wrong");
      await v.alerted(/not right/);
      await choose("Nederlands");
      assert.equal(await v.field("username").inputValue(), "ugo@example.com");
      await v.page.goto(`${v.site.ours}/users/logout`);
      assert.equal(await v.page.locator("html").getAttribute("lang"), "nl");
      await choose("English");
      await v.heading("You’re signed out").waitFor();
    });
  });
}
