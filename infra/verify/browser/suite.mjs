// All browser tests, or those of the suites that are named, side by side.
import { describe } from "node:test";

import { account } from "./account.mjs";
import { federation } from "./federation.mjs";
import { languages } from "./languages.mjs";
import { lighthouse } from "./lighthouse.mjs";
import { looks } from "./looks.mjs";
import { pages } from "./pages.mjs";
import { recovery } from "./recovery.mjs";
import { repeats } from "./repeats.mjs";
import { rotation } from "./rotation.mjs";
import { roundtrip } from "./roundtrip.mjs";
import { setup } from "./setup.mjs";
import { steps } from "./steps.mjs";
import { table } from "./table.mjs";
import { ways } from "./ways.mjs";

const suites = { roundtrip, steps, repeats, pages, federation, recovery, ways, setup, table, rotation, account, languages, looks, lighthouse };
const named = process.argv.slice(2);

describe("in a browser", { concurrency: 4 }, () => {
  for (const name of named.length ? named : Object.keys(suites)) suites[name]();
});
