/**
 * SM3 (GB/T 32905): 32 bytes. Own code, since no library here has it for the browser but sm-crypto, which hashes arrays of
 * numbers, and one code for server, command line and browser can't differ from itself.
 */
export const sm3 = (message: Uint8Array): Uint8Array => {
  const state = Uint32Array.of(
    ...[0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600],
    ...[0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e],
  )
  const whole = message.length - (message.length % BLOCK)
  for (let at = 0; at < whole; at += BLOCK) compress(state, message.subarray(at, at + BLOCK))
  const rest = message.length - whole
  const tail = new Uint8Array(rest < BLOCK - 8 ? BLOCK : 2 * BLOCK)
  tail.set(message.subarray(whole))
  tail[rest] = 0x80
  new DataView(tail.buffer).setBigUint64(tail.length - 8, BigInt(message.length) * 8n)
  for (let at = 0; at < tail.length; at += BLOCK) compress(state, tail.subarray(at, at + BLOCK))
  const digest = new Uint8Array(32)
  const out = new DataView(digest.buffer)
  for (const [i, word] of state.entries()) out.setUint32(4 * i, word)
  return digest
}

const BLOCK = 64

/** §5.3.3. `w` is made anew for each call: a shared one would tie concurrent callers of a future worker together. */
const compress = (v: Uint32Array, block: Uint8Array): void => {
  const w = expand(block)
  const word = (i: number): number => w[i] ?? 0
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = v
  for (let j = 0; j < 64; j++) {
    const a12 = rotate(a, 12)
    const ss1 = rotate((a12 + e + (T[j] ?? 0)) | 0, 7)
    const ff = j < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c)
    const gg = j < 16 ? e ^ f ^ g : (e & f) | (~e & g)
    const tt1 = (ff + d + (ss1 ^ a12) + (word(j) ^ word(j + 4))) | 0
    const tt2 = (gg + h + ss1 + word(j)) | 0
    d = c
    c = rotate(b, 9)
    b = a
    a = tt1
    h = g
    g = rotate(f, 19)
    f = e
    e = p0(tt2)
  }
  for (const [i, value] of [a, b, c, d, e, f, g, h].entries()) v[i] = (v[i] ?? 0) ^ value
}

/** §5.3.2: W[0..67]. W'[j] is W[j] xor W[j+4]. */
const expand = (block: Uint8Array): Uint32Array => {
  const view = new DataView(block.buffer, block.byteOffset, BLOCK)
  const w = new Uint32Array(68)
  const word = (i: number): number => w[i] ?? 0
  for (let j = 0; j < 16; j++) w[j] = view.getUint32(4 * j)
  for (let j = 16; j < 68; j++) {
    w[j] = p1(word(j - 16) ^ word(j - 9) ^ rotate(word(j - 3), 15)) ^ rotate(word(j - 13), 7) ^ word(j - 6)
  }
  return w
}

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by))
const p0 = (x: number): number => x ^ rotate(x, 9) ^ rotate(x, 17)
const p1 = (x: number): number => x ^ rotate(x, 15) ^ rotate(x, 23)

/** T[j] <<< j. A shift by 0 takes the other half by 32, which is again by 0: the same word. */
const T = Int32Array.from({ length: 64 }, (_, j) => rotate(j < 16 ? 0x79cc4519 : 0x7a879d8a, j % 32))
