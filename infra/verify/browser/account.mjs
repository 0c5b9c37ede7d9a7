// What people do about their own account, on its page.
import assert from "node:assert/strict";
import { test } from "node:test";

import { authenticator } from "./authenticator.mjs";
import { bothWays } from "./practice.mjs";
import { at, password } from "./visitor.mjs";

const ugo = "ugo@example.com";

export function account() {
  bothWays("one's own account", ["-directory", "dynamodb"], (v) => {
    const open = () => v.page.goto(`${v.site.ours}/users/account`);
    const device = (text) => v.page.locator(".device").filter({ hasText: text });
    const says = (text) => v.page.getByRole("status").filter({ hasText: text }).waitFor();

    // signIn comes to the page with a browser that knows nothing, and returns its
    // cookies.
    const signIn = async () => {
      await v.context.clearCookies();
      await open();
      await v.heading("Sign in to your account").waitFor();
      await v.submit(ugo);
      await v.page.waitForURL(at(v.site.ours, "/users/account"));
      return v.context.cookies();
    };
    const become = async (cookies) => {
      await v.context.clearCookies();
      await v.context.addCookies(cookies);
      await open();
    };

    test("where one is signed in is seen, and ended one by one", async () => {
      const first = await signIn();
      const second = await signIn();
      assert.equal(await v.page.locator(".device").count(), 2);
      await device("This browser").getByText(/Chrome|Chromium/).waitFor();
      assert.equal(await device("This browser").getByRole("button").count(), 0, "this one is signed out by its own link");
      const time = await v.page.locator("time").first().innerText();
      if (v.scripted) assert.doesNotMatch(time, /UTC/, "a script shows the browser's own time");
      else assert.match(time, /UTC$/);
      const end = v.page.getByRole("button", { name: /^Sign out .*(Chrome|Chromium).*20\d\d/ });
      assert.equal(await end.count(), 1);
      await end.click();
      await says("That browser is signed out.");
      assert.equal(await v.page.locator(".device").count(), 1);
      await v.page.reload();
      assert.equal(await v.page.getByRole("status").filter({ hasText: "signed out." }).count(), 0, "it is said once");
      await become(first);
      await v.page.getByLabel("Password", { exact: true }).waitFor();
      await become(second);
      await v.page.getByText("Where you are signed in").waitFor();
    });

    test("and all others at once", async () => {
      const first = await signIn();
      const second = await signIn();
      await v.button("Sign out everywhere else").click();
      await says("You are signed out everywhere else.");
      assert.equal(await v.page.locator(".device").count(), 1);
      await become(first);
      await v.page.getByLabel("Password", { exact: true }).waitFor();
      await become(second);
      await v.link("Sign out here").click();
      await v.heading("You’re signed out").waitFor();
      await open();
      await v.page.getByLabel("Password", { exact: true }).waitFor();
    });

    test("an app is set up, its codes are renewed, and it is turned off", async () => {
      await signIn();
      await v.link("Set up an app").click();
      await v.submit(ugo);
      const app = authenticator(await v.page.locator(".key").innerText());
      await v.answer({ code: await app.code() });
      await v.button("I have saved my codes").click();
      await says("Your authenticator app is set up.");
      await v.link("New recovery codes").click();
      await v.submit(ugo);
      await v.answer({ code: await app.code() });
      const [code] = await v.page.locator(".codes code").allInnerTexts();
      await v.button("I have saved my codes").click();
      await says("You have new recovery codes.");
      await v.link("Turn it off").click();
      await v.submit(ugo, password);
      await v.page.getByText("Without your phone?").click();
      await v.page.getByLabel("Recovery code").fill(code);
      await v.button("Use a recovery code").click();
      await v.heading("Turn off your authenticator app?").waitFor();
      await v.button("Turn it off").click();
      await says("Your authenticator app is turned off.");
      await v.link("Set up an app").waitFor();
    });
  });
}
