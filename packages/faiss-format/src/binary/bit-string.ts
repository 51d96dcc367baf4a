/** The most bits that make an exact number. */
const MAX_BITS = 53;

/** The `n` bits from bit `at` on of a string of bits, LSB first, as a number; NaN if they are not there. */
export function bitsAt(bytes: Uint8Array, at: number, n: number): number {
  if (n > MAX_BITS || at + n > 8 * bytes.length) return Number.NaN;
  let value = 0;
  for (let i = n - 1; i >= 0; i--) {
    const bit = at + i;
    value = 2 * value + ((bytes[Math.floor(bit / 8)]! >> (bit % 8)) & 1);
  }
  return value;
}
