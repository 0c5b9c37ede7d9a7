// Verifies a token by jose.
// stdin: {"token", "key", "alg"}; stdout: the claims, or exit 1 and "refused: why" on stderr.
// The library comes from VERIFY_NODE_MODULES.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const from = createRequire(`${process.env.VERIFY_NODE_MODULES}/`);
const { jwtVerify } = await import(pathToFileURL(from.resolve("jose")));

const { token, key, alg } = JSON.parse(readFileSync(0, "utf8"));
try {
  const { payload } = await jwtVerify(token, new TextEncoder().encode(key), {
    algorithms: [alg],
    requiredClaims: ["iat", "exp"],
    clockTolerance: 0,
  });
  console.log(JSON.stringify(payload));
} catch (err) {
  console.error(`refused: ${err.message}`);
  process.exit(1);
}
