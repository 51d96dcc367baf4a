/**
 * The packed layout of 4-bit codes that FastScan reads: blocks of `bbs` vectors, in each block pair after pair of
 * sub-quantizers, in each pair group after group of 32 vectors, 32 bytes a group. Low nibbles hold vectors 0…15 of the
 * group and high nibbles 16…31, in the order 0 8 1 9 2 10 … that a byte interleave undoes.
 *
 * Unlike faiss's own accessors, the address counts the group for bbs > 32 (theirs do not, and read wrong vectors there).
 * @see faiss/impl/pq4_fast_scan.cpp; André et al. 2015, "Cache locality is not enough"
 */

/** Bytes a block. */
export function blockBytes(bbs: number, M2: number): number {
  return (bbs * M2) / 2;
}

/** Byte of sub-quantizer `m` of vector `v` inside its block; its nibble is the high one if {@link isHighNibble}. */
export function byteOf(v: number, m: number, bbs: number): number {
  const r16 = v & 15;
  const j = r16 < 8 ? 2 * r16 : 2 * (r16 - 8) + 1;
  return (m >> 1) * bbs + (v & ~31) + 16 * (m & 1) + j;
}

export function isHighNibble(v: number): boolean {
  return (v & 16) !== 0;
}

/**
 * Packs a plain 4-bit code (byte s holds indices 2s and 2s + 1, `codeSize` bytes at `from`) as vector `v` of the block
 * that starts at byte `block`; the nibbles there must be zero.
 */
export function packCode(
  codes: Uint8Array,
  from: number,
  codeSize: number,
  packed: Uint8Array,
  block: number,
  v: number,
  bbs: number,
): void {
  const first = block + byteOf(v, 0, bbs);
  const shift = isHighNibble(v) ? 4 : 0;
  for (let s = 0; s < codeSize; s++) {
    const byte = codes[from + s]!;
    const at = first + s * bbs;
    packed[at]! |= (byte & 15) << shift;
    packed[at + 16]! |= (byte >> 4) << shift;
  }
}

/** The inverse of {@link packCode}: writes `codeSize` bytes to `out`. */
export function unpackCode(packed: Uint8Array, block: number, v: number, bbs: number, out: Uint8Array): void {
  const first = block + byteOf(v, 0, bbs);
  const shift = isHighNibble(v) ? 4 : 0;
  for (let s = 0; s < out.length; s++) {
    const at = first + s * bbs;
    out[s] = ((packed[at]! >> shift) & 15) | (((packed[at + 16]! >> shift) & 15) << 4);
  }
}

/** Blocks of packed codes, each followed by `extra` bytes of each of its vectors. */
export interface BlockLayout {
  readonly bbs: number;
  readonly M2: number;
  readonly extra: number;
}

/** Bytes from one block to the next. */
export function blockStride({ bbs, M2, extra }: BlockLayout): number {
  return blockBytes(bbs, M2) + bbs * extra;
}

/** Packs the plain code at `from`, its last `extra` bytes behind the block, as vector `i` of the blocks at byte `at`. */
export function packEntry(
  codes: Uint8Array,
  from: number,
  codeSize: number,
  packed: Uint8Array,
  at: number,
  i: number,
  layout: BlockLayout,
): void {
  const { bbs, M2, extra } = layout;
  const block = at + Math.floor(i / bbs) * blockStride(layout);
  packCode(codes, from, codeSize - extra, packed, block, i % bbs, bbs);
  const to = block + blockBytes(bbs, M2) + (i % bbs) * extra;
  for (let j = 0; j < extra; j++) packed[to + j] = codes[from + codeSize - extra + j]!;
}

/** The inverse of {@link packEntry}: the plain code of vector `i` of the blocks at byte `at`, into `out`. */
export function unpackEntry(
  packed: Uint8Array,
  at: number,
  i: number,
  layout: BlockLayout,
  out: Uint8Array,
): void {
  const { bbs, M2, extra } = layout;
  const block = at + Math.floor(i / bbs) * blockStride(layout);
  unpackCode(packed, block, i % bbs, bbs, out.subarray(0, out.length - extra));
  const from = block + blockBytes(bbs, M2) + (i % bbs) * extra;
  for (let j = 0; j < extra; j++) out[out.length - extra + j] = packed[from + j]!;
}
