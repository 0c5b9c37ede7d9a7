// The README's pictures, of the local server as anybody runs it: writes them to
// infra/pictures. make pictures runs it.
import { mkdirSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";

import { root, visit } from "./practice.mjs";

const folder = path.join(root, "infra", "pictures");
mkdirSync(folder, { recursive: true });

describe("pictures", { concurrency: 1 }, () => {
  const v = visit({ viewport: { width: 560, height: 700 } }, ["-federation", "off", "-look", "SUPPORT_URL=https://example.com/help", "-look", "PRIVACY_URL=https://example.com/privacy"]);
  const take = (name) => v.page.screenshot({ path: path.join(folder, `${name}.png`) });

  for (const colorScheme of ["light", "dark"]) {
    test(colorScheme, async () => {
      await v.page.emulateMedia({ colorScheme });
      await v.begin();
      await take(colorScheme);
    });
  }

  test("phone", async () => {
    await v.page.setViewportSize({ width: 360, height: 640 });
    await v.begin();
    await v.submit("mia@example.com");
    await v.heading("Enter your code").waitFor();
    await take("phone");
  });
});
