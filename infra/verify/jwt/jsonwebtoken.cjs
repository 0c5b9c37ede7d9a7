// Verifies a token by jsonwebtoken.
// stdin: {"token", "key", "alg"}; stdout: the claims, or exit 1 and "refused: why" on stderr.
// The library comes from VERIFY_NODE_MODULES.
const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");

const jwt = createRequire(`${process.env.VERIFY_NODE_MODULES}/`)("jsonwebtoken");

const { token, key, alg } = JSON.parse(readFileSync(0, "utf8"));
try {
  console.log(JSON.stringify(jwt.verify(token, key, { algorithms: [alg], clockTolerance: 0 })));
} catch (err) {
  console.error(`refused: ${err.message}`);
  process.exit(1);
}
