// Plays what people do who cannot sign in yet: a forgotten password, and an
// account that waits to be confirmed.
import assert from "node:assert/strict";
import { test } from "node:test";

import { wrong } from "./authenticator.mjs";
import { bothWays } from "./practice.mjs";
import { newPassword } from "./visitor.mjs";

const [rio, una, eva, ugo] = ["rio", "una", "eva", "ugo"].map((name) => `${name}@example.com`);

export function recovery() {
  bothWays("recovery", [], (v) => {
    async function forget(login) {
      await v.link("Forgotten your password?").click();
      await v.heading("Set a new password").waitFor();
      assert.equal(await v.focused(), "username");
      await v.answer({ username: login }, "Send me a code");
      await v.page.getByText("If there is an account for this login").waitFor();
      assert.equal(await v.focused(), "code");
      assert.equal(await v.field("username").inputValue(), login);
    }

    test("a password that was reset: refused, then a new one", async () => {
      await v.begin();
      assert.equal(await v.status(() => v.submit(rio)), 401);
      await v.alerted(/is not right/);
      await forget(rio);
      const code = await v.code(rio, "reset");

      assert.equal(await v.status(() => v.answer({ code: wrong(code), new_password: newPassword }, "Set the password")), 401);
      await v.alerted(/isn’t right/);
      await v.blames("code", /isn’t right/);
      assert.equal(await v.field("username").inputValue(), rio);

      assert.equal(await v.status(() => v.answer({ code, new_password: "Short-1" }, "Set the password")), 422);
      await v.alerted(/can’t be used/);
      await v.blames("new_password", /can’t be used/, /not long enough/);
      await v.answer({ code, new_password: newPassword }, "Set the password");
      await v.arriveAtTicket(rio);
    });

    test("a new password that is sent twice", async () => {
      await v.begin();
      await forget(ugo);
      await v.fill({ code: await v.code(ugo, "reset"), new_password: newPassword });
      assert.equal(await v.sendAside(), 302);
      await v.button("Set the password").click();
      await v.alerted(/used already.* or sign in/);
      await v.link("Back to signing in").click();
      await v.submit(ugo, newPassword);
      await v.arriveAtTicket(ugo);
    });

    test("a new password does not stand in for the code", async () => {
      await v.begin();
      await forget(eva);
      await v.answer({ code: await v.code(eva, "reset"), new_password: newPassword }, "Set the password");
      await v.heading("Enter your code").waitFor();
      await v.answer({ code: await v.code(eva) });
      await v.arriveAtTicket(eva);
    });

    test("the page for a new password does not tell who has an account", async () => {
      const said = [];
      for (const login of ["nobody@example.com", "pat@example.com"]) {
        await v.begin();
        await forget(login);
        said.push(await v.page.locator("main").innerText());
      }
      assert.equal(said[0], said[1]);
    });

    test("an account is confirmed, after a wrong code and with a new one", async () => {
      await v.begin();
      assert.equal(await v.status(() => v.submit(una)), 401);
      await v.link("Confirm a new account").click();
      await v.heading("Confirm your account").waitFor();
      const first = await v.code(una, "confirm");
      await v.answer({ username: una, code: wrong(first) }, "Confirm");
      await v.alerted(/isn’t right/);
      await v.blames("code", /isn’t right/);
      await v.button("Send me a new code").click();
      await v.page.getByText("If there is an account for this login").waitFor();
      await v.answer({ code: await v.code(una, "confirm") }, "Confirm");
      await v.page.getByRole("status").filter({ hasText: "is confirmed" }).waitFor();
      assert.equal(await v.field("username").inputValue(), una);
      assert.equal(await v.focused(), "password");
      await v.page.reload();
      await v.alerted(/used already.* or sign in/);
      await v.link("Back to signing in").click();
      await v.submit(una);
      await v.arriveAtTicket(una);
    });
  });
}
