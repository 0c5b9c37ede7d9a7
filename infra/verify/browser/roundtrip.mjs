// Plays the way through both doors: from the practice Deskpro to the sign-in
// page and back over a redirect to another origin, which no test without a
// browser can prove.
import assert from "node:assert/strict";
import { test } from "node:test";

import { bothWays } from "./practice.mjs";
import { at, doors } from "./visitor.mjs";

const user = "ugo@example.com";
const agent = "ana@example.com"; // in the group that the agents' door asks for

export function roundtrip() {
  bothWays("round trip", [], (v) => {
    for (const [name, door] of Object.entries(doors)) {
      const person = name === "agents" ? agent : user;

      test(`${name}: a password leads from Deskpro to Deskpro`, async () => {
        await v.logIn(door, "Log in");
        const form = v.page.url();
        await v.submit(person);
        const claims = await v.arrive(door);
        assert.equal(claims.email, person);
        assert.equal(claims.aud, v.site.helpdesk);
        for (const claim of ["id", "name", "iss", "iat", "exp", "jti"]) assert.ok(claims[claim], `claim ${claim}`);

        const post = v.seen.find((request) => request.method() === "POST");
        const sent = await post.allHeaders();
        assert.equal(new URL(post.url()).origin, v.site.ours);
        assert.equal(sent.origin, v.site.ours, "Origin of the form");
        assert.equal(sent.referer, form, "Referer of the form");
        assert.equal(sent["sec-fetch-site"], "same-origin");
        const callback = await v.seen.find((request) => request.url().includes("jwt=")).allHeaders();
        assert.equal(callback.referer, undefined, "Referer of the callback");
      });

      test(`${name}: the next login asks nothing`, async () => {
        await v.logIn(door, "Log in");
        await v.submit(person);
        const first = await v.arrive(door);
        await v.context.clearCookies({ domain: "localhost" }); // Deskpro forgets, we do not
        v.seen.length = 0;
        await v.page.goto(v.site.helpdesk + door.home);
        await v.link("Log in").click();
        const second = await v.arrive(door);
        assert.equal(second.id, first.id);
        assert.notEqual(second.jti, first.jti);
        for (const request of v.seen.filter((request) => request.url().startsWith(v.site.ours))) {
          assert.equal((await request.response()).status(), 302, `status of ${new URL(request.url()).pathname}`);
        }
      });

      test(`${name}: logging out ends the session, and its cookie is worth nothing`, async () => {
        await v.logIn(door, "Log in");
        await v.submit(person);
        await v.arrive(door);
        const kept = await v.context.cookies(v.site.ours);
        await v.button("Log out").click();
        await v.page.waitForURL(at(v.site.helpdesk, door.home));
        const left = (await v.context.cookies(v.site.ours)).filter(({ name }) => !/^(__Host|plain)-known$/.test(name));
        assert.deepEqual(left, [], "cookies after the log-out"); // what makes a browser known signs nobody in
        await v.link("Log in").click();
        await v.field("password").waitFor();

        await v.context.addCookies(kept);
        await v.logIn(door);
        await v.field("password").waitFor();
      });

      test(`${name}: a wrong password keeps the way back and the login`, async () => {
        await v.logIn(door);
        assert.equal(await v.status(() => v.submit(person, "wrong")), 401);
        await v.alerted(/is not right/);
        await v.blames("password", /is not right/);
        assert.equal(await v.field("username").inputValue(), person);
        await v.submit(person);
        await v.arriveAtTicket(person, door);
      });
    }

    test("users: the session's cookie is bound to the host", async () => {
      await v.logIn();
      await v.submit(user);
      await v.arrive();
      // The local server sends a second one, for browsers that refuse this.
      const cookie = (await v.context.cookies(v.site.ours)).find((cookie) => cookie.name.startsWith("__Host-"));
      assert.ok(cookie, "the browser took the cookie");
      assert.deepEqual(
        [cookie.domain, cookie.path, cookie.secure, cookie.httpOnly, cookie.sameSite],
        ["127.0.0.1", "/", true, true, "Lax"],
      );
    });

    test("one session opens both doors to an agent", async () => {
      await v.logIn();
      await v.submit(agent);
      await v.arrive();
      await v.page.goto(v.site.helpdesk + doors.agents.home);
      await v.link("Log in").click();
      assert.equal((await v.arrive(doors.agents)).email, agent);
    });

    test("agents: a user gets a page and no token", async () => {
      await v.logIn(doors.agents);
      assert.equal(await v.status(() => v.submit(user)), 403);
      await v.stops("This account may not sign in here");
      assert.ok(!v.seen.some((request) => request.url().includes("jwt=")), "a token was sent");
    });
  });
}
