// Lighthouse's judgement of the sign-in page, and what the page weighs.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { describe, test } from "node:test";

import { debugged, visit } from "./practice.mjs";

const resolved = createRequire(`${process.env.VERIFY_NODE_MODULES}/`).resolve("lighthouse");

export function lighthouse() {
  describe("the sign-in page", { concurrency: 1 }, () => {
    const v = visit({});

    test("has full marks from Lighthouse", async () => {
      const { default: judge } = await import(pathToFileURL(resolved));
      // A phone's network; but a machine that runs other tests beside this one is
      // slow enough as it is, and the best of some tries is what the page can do.
      const throttling = { rttMs: 150, throughputKbps: 1638.4, requestLatencyMs: 562.5, downloadThroughputKbps: 1474.56, uploadThroughputKbps: 675, cpuSlowdownMultiplier: 1 };
      const options = { logLevel: "error", throttling, onlyCategories: ["performance", "accessibility", "best-practices"] };
      let lost;
      for (let i = 0; i < 4 && (!lost || lost.length > 0); i++) {
        const { lhr } = await debugged((port) => judge(`${v.site.ours}/users/login`, { ...options, port }));
        assert.equal(lhr.audits["cumulative-layout-shift"].numericValue, 0, "layout shift");
        lost = Object.values(lhr.categories).filter(({ score }) => score < 1).flatMap(({ title, score, auditRefs }) => [
          `${title}: ${score}`,
          ...auditRefs.filter(({ id, weight }) => weight > 0 && (lhr.audits[id].score ?? 1) < 1).map(({ id }) => `${id} ${lhr.audits[id].displayValue ?? ""}`),
        ]);
      }
      assert.deepEqual(lost, []);
    });

    test("weighs less than 20 KB, and asks for nothing else", async () => {
      const answer = await fetch(`${v.site.ours}/users/login`);
      const body = Buffer.from(await answer.arrayBuffer());
      console.log(`# ${body.length} bytes, ${gzipSync(body).length} compressed`);
      assert.ok(gzipSync(body).length < 20_000 && body.length < 20_000, `${body.length} bytes`);
      v.seen = [];
      await v.page.goto(`${v.site.ours}/users/login`);
      await v.page.waitForLoadState("networkidle");
      assert.deepEqual(v.seen.map((request) => request.url()).filter((url) => !url.startsWith("data:")), [`${v.site.ours}/users/login`]);
    });
  });
}
