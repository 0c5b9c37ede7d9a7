// Serves DynamoDB from memory on a free loopback port and prints its URL.
// The library comes from VERIFY_NODE_MODULES. (Its own command cannot pick a
// free port.)
const { createRequire } = require("node:module");

const dynalite = createRequire(`${process.env.VERIFY_NODE_MODULES}/`)("dynalite");

const server = dynalite({ createTableMs: 0, updateTableMs: 0, deleteTableMs: 0 });
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
