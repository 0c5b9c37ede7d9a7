// Holds every page to what people need of it on a narrow screen, on a phone in
// the dark and at a desk; leaves screenshots in .verify/screenshots.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";

import { axe } from "./axe.mjs";
import { authenticator, wrong } from "./authenticator.mjs";
import { faults } from "./faults.mjs";
import { screenshots, visit } from "./practice.mjs";
import { doors } from "./visitor.mjs";

export const screens = {
  narrow: { width: 320, height: 640, colorScheme: "light" },
  phone: { width: 390, height: 844, colorScheme: "dark" },
  desk: { width: 1024, height: 768, colorScheme: "light" },
};

const signIn = (name, word) => async (v) => {
  await v.begin();
  await v.submit(`${name}@example.com`, word);
};
const open = (address) => (v) => v.page.goto(v.site.ours + address);
const forget = async (v) => {
  await open("/users/login/reset")(v);
  await v.answer({ username: "ugo@example.com" }, "Send me a code");
};

// What there is to see with which flags of the local server: the page's name,
// the field that what is typed goes to, and the way there.
const looks = {
  "": [
    ["sign-in", "username", (v) => v.begin()],
    ["sign-in-wrong", "password", signIn("ugo", "wrong")],
    ["refused", null, async (v) => {
      await v.begin(doors.agents);
      await v.submit("ugo@example.com");
      await v.heading("This account may not sign in here").waitFor();
    }],
    ["bad-return", null, open("/users/login?return=https%3A%2F%2Felsewhere.example%2F")],
    ["signed-out", null, open("/users/logout")],
    ["step-over", "username", open("/users/login?over=1")],
    ["code-app", "code", signIn("mia")],
    ["code-email", "code", signIn("eva")],
    ["code-wrong", "code", async (v) => {
      await signIn("eva")(v);
      await v.answer({ code: wrong(await v.code("eva@example.com")) });
      await v.alerted(/isn’t right/);
    }],
    ["choose", null, signIn("max")],
    ["code-sms", "code", async (v) => {
      await signIn("max")(v);
      await v.button("A code by text message").click();
    }],
    ["new-password", "new_password", signIn("nia")],
    ["new-password-unfit", "new_password", async (v) => {
      await signIn("nia")(v);
      await v.answer({ new_password: "Short-1", "attribute.name": "Nia Owusu" });
      await v.alerted(/can’t be used/);
    }],
    ["question", "answer", signIn("pat")],
    ["reset", "username", open("/users/login/reset")],
    ["reset-sent", "code", forget],
    ["reset-wrong", "code", async (v) => {
      await forget(v);
      await v.answer({ code: "1", new_password: "whatever" }, "Set the password");
      await v.alerted(/isn’t right/);
    }],
    ["reset-unfit", "code", async (v) => {
      await forget(v);
      await v.answer({ code: await v.code("ugo@example.com", "reset"), new_password: "Short-1" }, "Set the password");
      await v.alerted(/can’t be used/);
    }],
    ["confirm", "username", open("/users/login/confirm")],
    ["confirm-sent", "code", async (v) => {
      await open("/users/login/confirm")(v);
      await v.answer({ username: "una@example.com", code: "1" }, "Confirm");
      await v.alerted(/isn’t right/);
      await v.button("Send me a new code").click();
      await v.page.getByText("If there is an account for this login").waitFor();
    }],
    ["confirmed", "password", async (v) => {
      await open("/users/login/confirm")(v);
      await v.answer({ username: "una@example.com", code: await v.code("una@example.com", "confirm") }, "Confirm");
      await v.page.getByText("Your account is confirmed.").waitFor();
    }],
    ["federation-cancelled", null, async (v) => {
      await v.begin();
      await v.link("Sign in with Practice ID").click();
      await v.button("Cancel").click();
    }],
  ],
  "-mfa": [
    ["setup", null, signIn("ugo")],
    ["setup-wrong", "code", async (v) => {
      await signIn("ugo")(v);
      await v.answer({ code: "000000" });
      await v.alerted(/isn’t right/);
    }],
  ],
  "-directory dynamodb": [
    ["account", null, async (v) => {
      await open("/users/account")(v);
      await v.submit("ugo@example.com");
      await v.page.getByText("This browser").waitFor();
    }],
    ["account-sign-in", "username", open("/users/login?want=account")],
    ["keep", null, async (v) => {
      await open("/users/login?want=factor")(v);
      await v.submit("ugo@example.com");
      await v.answer({ code: await authenticator(await v.page.locator(".key").innerText()).code() });
      await v.heading("Keep your recovery codes").waitFor();
    }],
    ["remove", null, async (v) => {
      await open("/users/login?want=no_factor")(v);
      await v.submit("mia@example.com");
      await v.answer({ code: await authenticator().code() });
      await v.heading("Turn off your authenticator app?").waitFor();
    }],
    ["waiting", "password", async (v) => {
      for (let i = 0; i < 5; i++) {
        await open("/users/login")(v);
        await v.submit("nobody@example.com", "wrong");
        await v.page.getByRole("alert").waitFor();
      }
      await v.alerted(/Try again in/);
    }],
  ],
  "-flow USER_AUTH": [
    ["sign-in-ways", "username", (v) => v.begin()],
    ["ways", null, async (v) => {
      await v.begin();
      await v.answer({ username: "ugo@example.com" }, "Sign in another way");
    }],
    ["password", "password", async (v) => {
      await v.begin();
      await v.answer({ username: "ugo@example.com" }, "Sign in another way");
      await v.button("My password").click();
    }],
  ],
};

export function pages() {
  mkdirSync(screenshots, { recursive: true });
  for (const [flags, those] of Object.entries(looks)) {
    describe(`pages of local ${flags}`, { concurrency: 1 }, () => {
      const v = visit({ isMobile: true, hasTouch: true, viewport: { width: 360, height: 740 } }, flags.split(" ").filter(Boolean));
      for (const [name, focus, reach] of those) test(name, () => look(v, name, focus, reach));
    });
  }
}

async function look(v, name, focus, reach) {
  await reach(v);
  await v.page.getByRole("heading", { level: 1 }).waitFor();
  assert.equal(new URL(v.page.url()).origin, v.site.ours);
  assert.equal(await v.focused(), focus, "the field with the focus");
  for (const alert of await v.page.getByRole("alert").all()) {
    assert.ok((await alert.boundingBox()).y >= 0, "a phone scrolls to the focus, and what was wrong is out of sight");
  }
  for (const [screen, { colorScheme, ...viewport }] of Object.entries(screens)) {
    await v.page.setViewportSize(viewport);
    await v.page.emulateMedia({ colorScheme });
    await v.page.screenshot({ path: path.join(screenshots, `${name}-${screen}.png`), fullPage: true });
    assert.deepEqual(await v.page.evaluate(faults, viewport.width), [], `faults on a ${screen} screen`);
    if (screen !== "narrow") assert.deepEqual(await axe(v.page), [], `axe on a ${screen} screen, ${colorScheme}`);
  }
}
