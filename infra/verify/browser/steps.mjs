// Plays the pages between the password and the helpdesk, each to its end. The
// way back is in every form, so each flow ends on the page it was begun for.
import assert from "node:assert/strict";
import { test } from "node:test";

import { authenticator, wrong } from "./authenticator.mjs";
import { bothWays } from "./practice.mjs";
import { doors, newPassword } from "./visitor.mjs";

const [mia, max, eva, nia, pat] = ["mia", "max", "eva", "nia", "pat"].map((name) => `${name}@example.com`);
const phone = "+442079460000"; // max's

export function steps() {
  bothWays("further steps", [], (v) => {
    const apps = { [mia]: authenticator(), [max]: authenticator() };

    test("an app's code, after a wrong one", async () => {
      await v.begin();
      await v.submit(mia);
      await v.heading("Enter your code").waitFor();
      assert.equal(await v.focused(), "code");
      const code = await apps[mia].code();
      assert.equal(await v.status(() => v.answer({ code: wrong(code) })), 401);
      await v.alerted(/isn’t right/);
      await v.blames("code", /isn’t right/);
      assert.equal(await v.focused(), "code");
      await v.answer({ code });
      await v.arriveAtTicket(mia);
    });

    test("agents: a code does not open the door to a user", async () => {
      await v.begin(doors.agents);
      await v.submit(mia);
      assert.equal(await v.status(async () => v.answer({ code: await apps[mia].code() })), 403);
      await v.stops("This account may not sign in here");
      assert.equal(v.requested(`${v.site.helpdesk}${doors.agents.callback}`), 0, "visits of Deskpro's callback");
    });

    test("a choice, then a code by text message", async () => {
      await v.begin();
      await v.submit(max);
      await v.heading("How do you want to go on?").waitFor();
      await v.button("A code by text message").click();
      await v.page.getByText("by text message to +*******0000.").waitFor();
      await v.answer({ code: await v.code(phone) });
      await v.arriveAtTicket(max);
    });

    test("a choice, then an app's code, which is good once", async () => {
      const code = await apps[max].code();
      const signIn = async () => {
        await v.begin();
        await v.submit(max);
        await v.button("A code from my authenticator app").click();
        await v.answer({ code });
      };
      await signIn();
      await v.arriveAtTicket(max);
      await v.context.clearCookies();
      await signIn();
      await v.alerted(/used before/);
      await v.blames("code", /used before/);
      await v.answer({ code: await apps[max].code() });
      await v.arriveAtTicket(max);
    });

    test("a code by email", async () => {
      await v.begin();
      await v.submit(eva);
      await v.page.getByText("by email to e***@e***.").waitFor();
      assert.equal(await v.focused(), "code");
      await v.answer({ code: await v.code(eva) });
      await v.arriveAtTicket(eva);
    });

    test("too many wrong codes lead back to the password", async () => {
      await v.begin();
      await v.submit(eva);
      await v.heading("Enter your code").waitFor();
      const code = await v.code(eva);
      for (let i = 0; i < 5; i++) assert.equal(await v.status(() => v.answer({ code: wrong(code) })), 401);
      await v.heading("Sign in").waitFor();
      await v.alerted(/too many wrong answers/);
      assert.equal(await v.field("username").inputValue(), eva);
      await v.submit(eva);
      await v.heading("Enter your code").waitFor();
      await v.answer({ code: await v.code(eva) });
      await v.alerted(/Try again in \d+ seconds/); // the account's codes have a wait by now
    });

    test("a new password and a name, after too short a password", async () => {
      await v.begin();
      await v.submit(nia);
      await v.heading("Choose a new password").waitFor();
      assert.equal(await v.focused(), "new_password");
      const details = { new_password: "Short-1", "attribute.name": "Nia <b>Owusu</b>" };
      assert.equal(await v.status(() => v.answer(details)), 422);
      await v.alerted(/can’t be used/);
      await v.blames("new_password", /can’t be used/, /not long enough/);
      const kept = await v.field("attribute.name").inputValue();
      await v.answer({ ...details, new_password: newPassword });
      assert.equal((await v.arriveAtTicket(nia)).name, details["attribute.name"]);

      await v.context.clearCookies();
      await v.begin();
      await v.submit(nia, newPassword);
      await v.arriveAtTicket(nia);
      assert.equal(kept, details["attribute.name"], "the name on the page that refused the password");
    });

    test("a question of the pool's own, after a wrong answer", async () => {
      await v.begin();
      await v.submit(pat);
      await v.page.getByText("six by seven?").waitFor();
      assert.equal(await v.focused(), "answer");
      await v.status(() => v.answer({ answer: "41" }));
      await v.page.getByText("six by seven?").waitFor();
      assert.equal(await v.field("answer").inputValue(), "");
      await v.answer({ answer: "42" });
      await v.arriveAtTicket(pat);
    });

    test("another account instead", async () => {
      await v.begin();
      await v.submit(mia);
      await v.link("Start again").click();
      await v.submit("ugo@example.com");
      await v.arriveAtTicket("ugo@example.com");
    });
  });
}
