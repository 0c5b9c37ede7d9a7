// axe-core's rules, in a page.
import { readFileSync } from "node:fs";
import path from "node:path";

const source = readFileSync(path.join(process.env.VERIFY_NODE_MODULES, "axe-core", "axe.min.js"), "utf8");

// axe returns what the page violates, a line each.
export async function axe(page) {
  await page.evaluate(source);
  const { violations, passes } = await page.evaluate(() => globalThis.axe.run());
  if (passes.length < 10) return [`axe checked ${passes.length} rules only`];
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`);
}
