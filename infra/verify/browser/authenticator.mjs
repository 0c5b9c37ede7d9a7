// The codes that people have to type.
import { createHmac } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

// wrong is a code of the same shape.
export const wrong = (code) => code.slice(0, -1) + ((Number(code.at(-1)) + 1) % 10);

// authenticator is an app with a key in base32: RFC 6238 with its defaults. A
// pool takes each code once, and that of the next 30 seconds, too.
export function authenticator(key = "JBSWY3DPEHPK3PXP") {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...key.replaceAll(" ", "")].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const secret = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  let used = 0;
  return {
    async code() {
      const now = () => Math.floor(Date.now() / 30_000);
      const step = Math.max(now(), used + 1);
      while (step > now() + 1) await sleep(200);
      used = step;
      const counter = Buffer.alloc(8);
      counter.writeBigUInt64BE(BigInt(step));
      const mac = createHmac("sha1", secret).update(counter).digest();
      const offset = mac.at(-1) & 15;
      return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
    },
  };
}
