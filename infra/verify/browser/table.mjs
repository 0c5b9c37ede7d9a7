// Plays what people meet whose accounts are in a table: an app and its recovery
// codes, another password, an account from elsewhere.
import assert from "node:assert/strict";
import { test } from "node:test";

import { authenticator, wrong } from "./authenticator.mjs";
import { bothWays } from "./practice.mjs";
import { doors, password } from "./visitor.mjs";

const [ugo, ana, mia, leo, bea] = ["ugo", "ana", "mia", "leo", "bea"].map((name) => `${name}@example.com`);
const better = "seven green horses at lunch";

export function table() {
  bothWays("accounts in a table", ["-directory", "dynamodb"], (v) => {
    const app = authenticator();

    test("an app's code, after a wrong one, is good once", async () => {
      const code = await app.code();
      await v.begin();
      await v.submit(mia);
      await v.heading("Enter your code").waitFor();
      assert.equal(await v.focused(), "code");
      assert.equal(await v.status(() => v.answer({ code: wrong(code) })), 401);
      await v.blames("code", /isn’t right/);
      await v.answer({ code });
      await v.arriveAtTicket(mia);
      await v.context.clearCookies();
      await v.begin();
      await v.submit(mia);
      await v.answer({ code });
      await v.alerted(/used before/);
    });

    test("an account from another system", async () => {
      for (let visit = 0; visit < 2; visit++) {
        await v.context.clearCookies();
        await v.begin();
        await v.submit(bea);
        await v.arriveAtTicket(bea);
      }
    });

    test("a password that must be changed, and what is wrong with others", async () => {
      await v.begin();
      await v.submit(leo);
      await v.heading("Choose a new password").waitFor();
      assert.match(await described(v, "new_password"), /15 characters/);
      assert.equal(await v.status(() => v.answer({ new_password: "too short" })), 422);
      await v.blames("new_password", /can’t be used/, /15 characters/);
      assert.equal(await v.status(() => v.answer({ new_password: "Leo Haddad, Leo Haddad" })), 422);
      await v.answer({ new_password: better });
      await v.arriveAtTicket(leo);
      await v.context.clearCookies();
      await v.begin();
      assert.equal(await v.status(() => v.submit(leo)), 401);
      await v.submit(leo, better);
      await v.arriveAtTicket(leo);
    });

    test("who changes a password is signed out elsewhere", async () => {
      await v.begin();
      await v.submit(ana);
      await v.arriveAtTicket(ana);
      const elsewhere = await v.context.cookies();
      await v.context.clearCookies();
      await v.begin();
      await v.link("Your account").click();
      await v.submit(ana);
      await v.heading("Your account").waitFor();
      await v.link("Change your password").click();
      await v.heading("Change your password").waitFor();
      await v.submit(ana, "not the password");
      await v.alerted(/not right/);
      await v.heading("Change your password").waitFor();
      await v.submit(ana);
      await v.answer({ new_password: better });
      await v.heading("Your account").waitFor();
      await v.page.getByRole("status").filter({ hasText: "Your password is changed." }).waitFor();
      await v.link("Go to the helpdesk").click();
      await v.arriveAtTicket(ana);
      await v.context.clearCookies();
      await v.context.addCookies(elsewhere);
      await v.begin();
      await v.heading("Sign in").waitFor();
    });

    test("an app of one's own, and its recovery codes", async () => {
      await v.begin();
      await v.link("Your account").click();
      await v.submit(ugo);
      await v.link("Set up an app").click();
      await v.heading("Set up an authenticator app").waitFor();
      await v.submit(ugo);
      await v.heading("Set up your authenticator app").waitFor();
      const own = authenticator(await v.page.locator(".key").innerText());
      await v.answer({ code: await own.code() });
      await v.heading("Keep your recovery codes").waitFor();
      const codes = await v.page.locator(".codes code").allInnerTexts();
      assert.equal(new Set(codes).size, 10);
      await v.page.reload(); // the form is sent again, and leads to the same page
      assert.deepEqual(await v.page.locator(".codes code").allInnerTexts(), codes);
      await v.button("I have saved my codes").click();
      await v.page.getByRole("status").filter({ hasText: "is set up" }).waitFor();
      await v.link("Go to the helpdesk").click();
      await v.arriveAtTicket(ugo);

      const recover = async (code) => {
        await v.context.clearCookies();
        await v.begin();
        await v.submit(ugo);
        await v.heading("Enter your code").waitFor();
        await v.page.getByText("Without your phone?").click();
        await v.page.getByLabel("Recovery code").fill(code);
        await v.button("Use a recovery code").click();
      };
      await recover(codes[0].toLowerCase());
      await v.arriveAtTicket(ugo);
      await recover(codes[0]);
      await v.alerted(/isn’t right/);
      await v.answer({ code: await own.code() });
      await v.arriveAtTicket(ugo);
    });
  });

  bothWays("a table, and a factor for everyone", ["-directory", "dynamodb", "-mfa"], (v) => {
    test("a new password comes before the app, and both before the helpdesk", async () => {
      await v.begin();
      await v.submit(leo);
      await v.answer({ new_password: better });
      await v.heading("Set up your authenticator app").waitFor();
      await v.answer({ code: await authenticator(await v.page.locator(".key").innerText()).code() });
      assert.equal(v.requested(`${v.site.helpdesk}${doors.users.callback}`), 0, "visits of Deskpro's callback");
      await v.button("I have saved my codes").click();
      await v.arriveAtTicket(leo);
    });

    test("who leaves at the app's page is not signed in", async () => {
      await v.begin();
      await v.submit(ana, password);
      await v.heading("Set up your authenticator app").waitFor();
      await v.begin();
      await v.heading("Sign in").waitFor();
    });
  });
}

// described is what describes a field, by all of its descriptions.
async function described(v, name) {
  const ids = (await v.field(name).getAttribute("aria-describedby")).split(" ");
  return (await Promise.all(ids.map((id) => v.page.locator(`#${id}`).innerText()))).join("\n");
}
