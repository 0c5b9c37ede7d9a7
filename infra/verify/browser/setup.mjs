// Plays setting up an authenticator app, where the pool asks everyone for a
// second factor.
import assert from "node:assert/strict";
import { test } from "node:test";

import { authenticator, wrong } from "./authenticator.mjs";
import { bothWays } from "./practice.mjs";
import { newPassword } from "./visitor.mjs";

const [ugo, nia] = ["ugo", "nia"].map((name) => `${name}@example.com`);

export function setup() {
  bothWays("setting up an app", ["-mfa"], (v) => {
    test("the key that is shown signs in, now and the next time", async () => {
      await v.begin();
      await v.submit(ugo);
      await v.heading("Set up your authenticator app").waitFor();
      const key = await v.page.locator(".key").innerText();
      assert.match(key, /^([A-Z2-7]{4} )*[A-Z2-7]{1,4}$/);
      const uri = new URL(await v.link("Open the app on this device").getAttribute("href"));
      assert.equal(uri.protocol, "otpauth:");
      assert.equal(uri.searchParams.get("secret"), key.replaceAll(" ", ""));
      assert.equal(uri.searchParams.get("issuer"), "Practice Company");
      await drawn(v.page.getByRole("img", { name: /QR code/ }));

      const app = authenticator(key);
      const code = await app.code();
      assert.equal(await v.status(() => v.answer({ code: wrong(code) })), 401);
      await v.alerted(/isn’t right/);
      await v.blames("code", /isn’t right/);
      assert.equal(await v.page.locator(".key").innerText(), key, "the key after a wrong code");
      await v.answer({ code });
      await v.arriveAtTicket(ugo);

      await v.context.clearCookies();
      await v.begin();
      await v.submit(ugo);
      await v.heading("Enter your code").waitFor();
      assert.equal(await v.page.locator(".key").count(), 0);
      await v.answer({ code });
      await v.alerted(/used before/);
      await v.answer({ code: await app.code() });
      await v.arriveAtTicket(ugo);
    });

    test("a new password and a name come first", async () => {
      await v.begin();
      await v.submit(nia);
      await v.answer({ new_password: newPassword, "attribute.name": "Nia Owusu" });
      await v.heading("Set up your authenticator app").waitFor();
      await v.answer({ code: await authenticator(await v.page.locator(".key").innerText()).code() });
      assert.equal((await v.arriveAtTicket(nia)).name, "Nia Owusu");
    });
  });
}

// drawn checks that the picture is square, large enough for a phone's camera,
// and has its quiet zone: four white modules around, by ISO/IEC 18004.
async function drawn(picture) {
  const { width, height } = await picture.boundingBox();
  assert.equal(width, height);
  const [, , size] = (await picture.getAttribute("viewBox")).split(" ").map(Number);
  assert.ok(width / size >= 3, `${width / size} px a module`);
  const [ground, dark] = await picture.evaluate((svg) =>
    [...svg.querySelectorAll("path")].map((path) => {
      const { x, y, width, height } = path.getBBox();
      return { x, y, right: x + width, bottom: y + height, fill: getComputedStyle(path).fill };
    }),
  );
  assert.deepEqual(ground, { x: 0, y: 0, right: size, bottom: size, fill: "rgb(255, 255, 255)" });
  assert.deepEqual(dark, { x: 4, y: 4, right: size - 4, bottom: size - 4, fill: "rgb(0, 0, 0)" });
}
