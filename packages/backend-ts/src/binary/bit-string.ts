/** A string of bits, lowest first, as faiss's hash tables are stored; of numbers of up to 53 bits each. */

/** The `n` bits from bit `at` on, as a number; they are there. */
export function readBits(bytes: Uint8Array, at: number, n: number): number {
  let value = 0;
  let scale = 1;
  for (let left = n, bit = at; left > 0; ) {
    const shift = bit % 8;
    const take = Math.min(8 - shift, left);
    value += ((bytes[Math.floor(bit / 8)]! >>> shift) & ((1 << take) - 1)) * scale;
    scale *= 2 ** take;
    bit += take;
    left -= take;
  }
  return value;
}

/** Writes a number of `n` bits from bit `at` on, where there are zeros. */
export function writeBits(bytes: Uint8Array, at: number, n: number, value: number): void {
  let rest = value;
  for (let left = n, bit = at; left > 0; ) {
    const shift = bit % 8;
    const take = Math.min(8 - shift, left);
    bytes[Math.floor(bit / 8)]! |= (rest % 2 ** take) << shift;
    rest = Math.floor(rest / 2 ** take);
    bit += take;
    left -= take;
  }
}
