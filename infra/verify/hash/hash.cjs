// Hashes passwords by Node's bcrypt and bcryptjs.
// stdin: {"passwords": [...], "cheap": true}
// stdout: {"made": [{"by", "password", "hash"}, ...]}
// cheap takes the least cost instead of the usual 10.
// The libraries come from VERIFY_NODE_MODULES.
const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");

const from = createRequire(`${process.env.VERIFY_NODE_MODULES}/`);
const libraries = { bcrypt: from("bcrypt"), bcryptjs: from("bcryptjs") };

const { passwords, cheap } = JSON.parse(readFileSync(0, "utf8"));
const made = [];
for (const [by, library] of Object.entries(libraries)) {
  for (const password of passwords) {
    made.push({ by, password, hash: library.hashSync(password, cheap ? 4 : 10) });
  }
}
console.log(JSON.stringify({ made }));
