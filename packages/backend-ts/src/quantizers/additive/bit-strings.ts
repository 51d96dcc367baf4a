/** Writes the low `width` ≤ 32 bits of `value` from bit `at` of the string at byte `from` on, lowest first, onto zeros. */
export function writeBits(bytes: Uint8Array, from: number, at: number, width: number, value: number): void {
  let rest = value;
  for (let got = 0; got < width; ) {
    const bit = at + got;
    const take = Math.min(8 - (bit & 7), width - got);
    const low = rest % 2 ** take;
    bytes[from + (bit >>> 3)]! |= low << (bit & 7);
    rest = (rest - low) / 2 ** take;
    got += take;
  }
}
