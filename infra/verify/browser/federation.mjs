// Plays signing in at the pool's managed login, an origin of its own, and back.
import assert from "node:assert/strict";
import { test } from "node:test";

import { bothWays } from "./practice.mjs";
import { at, doors } from "./visitor.mjs";

const ida = "ida@example.com";

// choose takes an account on managed login's page, or its Cancel.
async function choose(v, name) {
  const button = v.page.getByRole("button", { name });
  await button.waitFor();
  const page = new URL(v.page.url());
  assert.equal(page.pathname, "/oauth2/authorize");
  assert.notEqual(page.origin, v.site.ours);
  await button.click();
  return page.origin;
}

async function cancelled(v) {
  await v.page.waitForURL(at(v.site.ours, "/users/login/callback"));
  await v.stops("You weren’t signed in");
  await v.page.getByText("DPL-2016").waitFor();
}

export function federation() {
  bothWays("federation", [], (v) => {
    const go = async () => {
      await v.begin();
      await v.link("Sign in with Practice ID").click();
    };

    test("managed login leads to the helpdesk", async () => {
      await go();
      await choose(v, /^ida@/);
      await v.arriveAtTicket(ida);
      await v.page.goto(v.site.helpdesk + doors.agents.home);
      await v.link("Log in").click();
      await v.stops("This account may not sign in here");
    });

    test("who is still signed in at managed login is asked nothing there", async () => {
      await go();
      const managed = await choose(v, /^ida@/);
      await v.arrive();
      await v.context.clearCookies({ name: /session|practice/ }); // not managed login's
      await go();
      await v.arriveAtTicket(ida);
      assert.equal(v.requested(`${managed}/oauth2/authorize/choose`), 1);
    });

    test("cancelling there leads to a page of ours, and on with a password", async () => {
      await go();
      await choose(v, "Cancel");
      await cancelled(v);
      await v.link("Try again").click();
      await v.submit("ugo@example.com");
      await v.arriveAtTicket("ugo@example.com");
    });

    test("logging out of Deskpro ends managed login's session, too", async () => {
      await go();
      const managed = await choose(v, /^ida@/);
      await v.arrive();
      await v.button("Log out").click();
      await v.page.waitForURL(at(v.site.helpdesk, "/"));
      await v.page.getByText("Nobody is signed in here.").waitFor();
      assert.equal(v.requested(`${managed}/logout?`), 1);
      assert.deepEqual(await v.context.cookies(), [], "cookies after the log-out");
      await go();
      await choose(v, /^ida@/);
      await v.arriveAtTicket(ida);
    });

    test("logging out here says so", async () => {
      await go();
      const managed = await choose(v, /^ida@/);
      await v.arrive();
      await v.page.goto(v.site.ours + doors.users.logout);
      await v.heading("You’re signed out").waitFor();
      assert.equal(v.requested(`${managed}/logout?`), 1);
      await v.link("Sign in again").click();
      await v.heading("Sign in").waitFor();
    });

    test("two tabs on their way at once", async () => {
      await go();
      const first = v.page;
      v.page = await v.context.newPage();
      await go();
      await choose(v, /^ana@/);
      await v.arriveAtTicket("ana@example.com");
      v.page = first;
      await choose(v, /^ida@/);
      await v.arriveAtTicket(ida);
    });

    test("going back after arriving leads on", async () => {
      await go();
      await choose(v, /^ida@/);
      await v.arrive();
      await v.page.goBack(); // to managed login, which sends its answer once more
      await v.arriveAtTicket(ida);
    });
  });

  bothWays("federation without a form", ["-federation", "direct"], (v) => {
    const go = async () => {
      await v.page.goto(v.site.helpdesk);
      await v.link("Log in and write a ticket").click();
    };

    test("the sign-in page leads straight to managed login", async () => {
      await go();
      await choose(v, /^ida@/);
      await v.arriveAtTicket(ida);
    });

    test("cancelling there does not lead back there", async () => {
      await go();
      const managed = await choose(v, "Cancel");
      await cancelled(v);
      await v.page.reload();
      await v.stops(/./);
      assert.equal(v.requested(`${managed}/oauth2/authorize?`), 1, "visits of managed login");
      await v.link("Try again").click();
      await choose(v, /^ida@/);
      await v.arriveAtTicket(ida);
    });

    test("who logs out stays logged out", async () => {
      await go();
      await choose(v, /^ida@/);
      await v.arrive();
      await v.page.goto(v.site.ours + doors.users.logout);
      await v.heading("You’re signed out").waitFor();
      await v.link("Sign in again").click();
      await choose(v, "Cancel");
      await cancelled(v);
    });
  });
}
