/**
 * Codes in the blocks that FastScan reads, as rows: blocks of `bbs` vectors, in each block pair after pair of
 * sub-quantizers, in each pair group after group of 32 vectors, 32 bytes a group. Low nibbles hold vectors 0 to 15 of the
 * group, high nibbles 16 to 31, in the order 0 8 1 9 2 10 …
 * @see faiss/impl/pq4_fast_scan.cpp
 */

/** How blocks are laid out. */
export interface BlockLayout {
  /** Vectors a block, a multiple of 32. */
  readonly bbs: number;
  /** Sub-quantizers, rounded up to even. */
  readonly M2: number;
}

/** The byte of sub-quantizer `m` of vector `v`, from the start of the blocks. */
function byteOf(v: number, m: number, { bbs, M2 }: BlockLayout): number {
  const inBlock = v % bbs;
  const r16 = inBlock & 15;
  const lane = r16 < 8 ? 2 * r16 : 2 * (r16 - 8) + 1;
  const group = (m >> 1) * bbs + (inBlock & ~31);
  return Math.floor(v / bbs) * ((bbs * M2) / 2) + group + 16 * (m & 1) + lane;
}

const shiftOf = (v: number): number => (v & 16) >> 2;

/** The code of sub-quantizer `m` of vector `v`, 0 to 15. */
export function codeInBlocks(packed: Uint8Array, v: number, m: number, layout: BlockLayout): number {
  return (packed[byteOf(v, m, layout)]! >> shiftOf(v)) & 15;
}

/** Bytes of the blocks that hold `n` vectors. */
export function blocksSize(n: number, { bbs, M2 }: BlockLayout): number {
  return Math.ceil(n / bbs) * ((bbs * M2) / 2);
}

/** Copies vector `from` of one set of blocks to place `to` of another, whose nibbles there are zero. */
export function copyInBlocks(
  source: Uint8Array,
  from: number,
  target: Uint8Array,
  to: number,
  layout: BlockLayout,
): void {
  for (let m = 0; m < layout.M2; m++) {
    const code = codeInBlocks(source, from, m, layout);
    target[byteOf(to, m, layout)]! |= code << shiftOf(to);
  }
}
