// Plays signing in without a password, where the pool lets people choose.
import assert from "node:assert/strict";
import { test } from "node:test";

import { wrong } from "./authenticator.mjs";
import { bothWays } from "./practice.mjs";
import { password } from "./visitor.mjs";

const ugo = "ugo@example.com";

export function ways() {
  bothWays("ways to sign in", ["-flow", "USER_AUTH"], (v) => {
    const another = async (login) => {
      await v.begin();
      await v.answer({ username: login }, "Sign in another way");
    };

    test("a code by email", async () => {
      await another(ugo);
      await v.button("A code by email").click();
      await v.heading("Enter your code").waitFor();
      const code = await v.code(ugo);
      await v.answer({ code: wrong(code) });
      await v.alerted(/isn’t right/);
      await v.answer({ code });
      await v.arriveAtTicket(ugo);
    });

    test("the password after all", async () => {
      await another(ugo);
      await v.button("My password").click();
      await v.heading("Enter your password").waitFor();
      assert.equal(await v.focused(), "password");
      assert.equal(await v.status(() => v.answer({ password: "wrong" }, "Sign in")), 401);
      await v.alerted(/is not right/);
      assert.equal(await v.field("username").inputValue(), ugo);
      await v.answer({ password }, "Sign in");
      await v.arriveAtTicket(ugo);
    });

    test("a password at once, by the Enter key", async () => {
      await v.begin();
      await v.fill({ username: ugo, password });
      await v.page.keyboard.press("Enter");
      await v.arriveAtTicket(ugo);
    });

    test("somebody whom nobody knows", async () => {
      await another("nobody@example.com");
      await v.button("My password").click();
      await v.answer({ password }, "Sign in");
      await v.alerted(/is not right/);
    });
  });
}
