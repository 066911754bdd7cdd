// Finds the number for which SHA-256 of salt and number is the challenge, off the page's own thread.
// SHA-256 after FIPS 180-4, by hand: the browser's own is there on secure pages only, and slower for such short texts.
const K = new Uint32Array(64);
const H = new Uint32Array(8);
const fraction = (x) => ((x - Math.floor(x)) * 4294967296) >>> 0;
for (let prime = 2, found = 0; found < 64; prime += 1) {
  let isPrime = true;
  for (let by = 2; by * by <= prime; by += 1) if (prime % by === 0) isPrime = false;
  if (!isPrime) continue;
  if (found < 8) H[found] = fraction(Math.sqrt(prime));
  K[found] = fraction(Math.cbrt(prime));
  found += 1;
}

const right = (x, n) => (x >>> n) | (x << (32 - n));
const W = new Uint32Array(64);

function sha256(bytes) {
  const length = bytes.length;
  const blocks = Math.ceil((length + 9) / 64);
  const padded = new Uint8Array(blocks * 64);
  padded.set(bytes);
  padded[length] = 0x80;
  new DataView(padded.buffer).setUint32(blocks * 64 - 4, length * 8);
  const view = new DataView(padded.buffer);
  const state = H.slice();
  for (let block = 0; block < blocks; block += 1) {
    for (let t = 0; t < 16; t += 1) W[t] = view.getUint32(block * 64 + t * 4);
    for (let t = 16; t < 64; t += 1) {
      const s0 = right(W[t - 15], 7) ^ right(W[t - 15], 18) ^ (W[t - 15] >>> 3);
      const s1 = right(W[t - 2], 17) ^ right(W[t - 2], 19) ^ (W[t - 2] >>> 10);
      W[t] = (W[t - 16] + s0 + W[t - 7] + s1) | 0;
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let t = 0; t < 64; t += 1) {
      const s1 = right(e, 6) ^ right(e, 11) ^ right(e, 25);
      const one = (h + s1 + ((e & f) ^ (~e & g)) + K[t] + W[t]) | 0;
      const s0 = right(a, 2) ^ right(a, 13) ^ right(a, 22);
      const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((value, at) => {
      state[at] = (state[at] + value) | 0;
    });
  }
  return state;
}

self.onmessage = ({ data: { challenge, salt, maxnumber } }) => {
  const wanted = [...challenge.matchAll(/.{8}/g)].map(([part]) => parseInt(part, 16) >>> 0);
  const encoder = new TextEncoder();
  for (let number = 0; number <= maxnumber; number += 1) {
    const state = sha256(encoder.encode(salt + number));
    if (state[0] === wanted[0] && state.every((part, at) => part === wanted[at])) {
      self.postMessage(number);
      return;
    }
  }
};
