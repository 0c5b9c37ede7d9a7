// Plays what people do to a page besides reading it: click twice, reload, go
// back, and keep two of them open.
import assert from "node:assert/strict";
import { test } from "node:test";

import { authenticator, wrong } from "./authenticator.mjs";
import { bothWays } from "./practice.mjs";
import { password } from "./visitor.mjs";

const [mia, eva, pat] = ["mia", "eva", "pat"].map((name) => `${name}@example.com`);

export function repeats() {
  bothWays("repeats", [], (v) => {
    const app = authenticator();

    // reach goes to the page that asks for eva's code.
    async function reach() {
      await v.begin();
      await v.submit(eva);
      await v.heading("Enter your code").waitFor();
      return v.code(eva);
    }

    // back is what a browser does that kept no copy of a page: it asks whether to
    // send the form again, and is told to.
    async function back() {
      await assert.rejects(v.page.goBack(), /ERR_CACHE_MISS/);
      await v.page.locator("body.neterror").waitFor({ state: "attached" });
      await v.page.reload();
    }

    test("two clicks on each button", async () => {
      await v.begin();
      await v.fill({ username: mia, password });
      await v.button("Sign in").dblclick();
      await v.heading("Enter your code").waitFor();
      if (v.scripted) await v.answer({ code: await app.code() }); // which sends itself
      else {
        await v.fill({ code: await app.code() });
        await v.button("Continue").dblclick();
      }
      await v.arriveAtTicket(mia);
    });

    test("a code that is sent twice", async () => {
      await v.fill({ code: await reach() });
      assert.equal(await v.sendAside(), 302);
      await v.button("Continue").click();
      await v.arriveAtTicket(eva);
    });

    test("reloading after a wrong code", async () => {
      const code = await reach();
      await v.answer({ code: wrong(code) });
      await v.alerted(/isn’t right/);
      for (let i = 0; i < 6; i++) {
        await v.page.reload();
        await v.alerted(/isn’t right/);
      }
      await v.answer({ code });
      await v.arriveAtTicket(eva);
    });

    test("reloading the first page of a step", async () => {
      await reach();
      await v.page.reload();
      await v.heading("Enter your code").waitFor();
      await v.answer({ code: await v.code(eva) });
      await v.arriveAtTicket(eva);
    });

    test("going back to the code's page after arriving", async () => {
      await v.answer({ code: await reach() });
      await v.arrive();
      await back(); // a sign-in of its own
      await v.heading("Enter your code").waitFor();
      await v.answer({ code: await v.code(eva) });
      await v.arriveAtTicket(eva);
    });

    test("going back to a wrong code after arriving", async () => {
      const code = await reach();
      await v.answer({ code: wrong(code) });
      await v.alerted(/isn’t right/);
      await v.answer({ code });
      await v.arrive();
      await back();
      await v.answer({ code: wrong(code) }); // any: the session leads on
      await v.arriveAtTicket(eva);
    });

    test("two tabs with two accounts", async () => {
      const code = await reach();
      const first = v.page;
      v.page = await v.context.newPage();
      await v.begin();
      await v.submit(pat);
      await v.field("answer").waitFor();
      const second = v.page;
      v.page = first;
      await v.answer({ code });
      await v.arriveAtTicket(eva);
      v.page = second;
      await v.answer({ answer: "42" });
      await v.arriveAtTicket(pat);
    });

    test("a page kept open whose code was taken elsewhere", async () => {
      const code = await reach();
      await v.page.evaluate(() => (document.querySelector("form").target = "_blank"));
      const kept = v.page;
      const send = async (value) => {
        v.page = kept;
        await kept.evaluate(() => delete document.querySelector("form").dataset.sent); // some seconds later
        const opened = v.context.waitForEvent("page");
        await v.answer({ code: value });
        v.page = await opened;
      };
      await send(code);
      await v.arriveAtTicket(eva);
      await send(wrong(code));
      await v.arriveAtTicket(eva);
      await v.context.clearCookies();
      await send(wrong(code));
      await v.alerted(/answered already/);
      await v.heading("Sign in").waitFor();
      await v.submit(pat);
      await v.answer({ answer: "42" });
      await v.arriveAtTicket(pat);
    });

    test("a page kept open from before a wrong code", async () => {
      const code = await reach();
      await v.fill({ code: wrong(code) });
      assert.equal(await v.sendAside(), 401);
      await v.answer({ code });
      await v.alerted(/isn’t right/); // the other one
      await v.answer({ code });
      await v.arriveAtTicket(eva);
    });
  });
}
