/**
 * Codes of a product quantizer as faiss packs them: one bit string a vector, lowest bit first, sub-quantizer 0 in the
 * lowest bits, unused high bits zero.
 * @see faiss/impl/ProductQuantizer-inl.h
 */

/** Bytes a vector. */
export function codeSizeOf(M: number, nbits: number): number {
  return Math.ceil((M * nbits) / 8);
}

/** Writes `index` (nbits wide) as number `m` of the code that starts at byte `at`, whose bits there are zero. */
export function writeIndex(codes: Uint8Array, at: number, m: number, nbits: number, index: number): void {
  if (nbits === 8) {
    codes[at + m] = index;
    return;
  }
  let bit = m * nbits;
  let left = nbits;
  let value = index;
  while (left > 0) {
    const byte = at + (bit >>> 3);
    const shift = bit & 7;
    const take = Math.min(8 - shift, left);
    codes[byte]! |= (value & ((1 << take) - 1)) << shift;
    value >>>= take;
    bit += take;
    left -= take;
  }
}

/** Number `m` of the code that starts at byte `at`. */
export function readIndex(codes: Uint8Array, at: number, m: number, nbits: number): number {
  if (nbits === 8) return codes[at + m]!;
  let bit = m * nbits;
  let got = 0;
  let value = 0;
  while (got < nbits) {
    const shift = bit & 7;
    const take = Math.min(8 - shift, nbits - got);
    value |= ((codes[at + (bit >>> 3)]! >>> shift) & ((1 << take) - 1)) << got;
    bit += take;
    got += take;
  }
  return value >>> 0;
}
