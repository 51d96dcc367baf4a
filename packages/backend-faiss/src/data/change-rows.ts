import type { BlockListsData, IndexData, InvertedListsData } from '@lutra/core';
import { type BlockLayout, blocksSize, copyInBlocks } from './block-codes.js';
import { hasEntries, isIvf, notServed } from './served.js';

/** Which rows stay, and what their positions become. */
export interface Kept {
  /** 1 for a row that stays, `(ntotal)`. */
  readonly mask: Uint8Array;
  readonly count: number;
  /** The new position of each row that stays, `(ntotal)`. */
  readonly position: Float64Array;
}

/** Numbers the rows that `mask` keeps from 0. */
export function keptRows(mask: Uint8Array): Kept {
  const position = new Float64Array(mask.length);
  let count = 0;
  for (let i = 0; i < mask.length; i++) {
    position[i] = count;
    count += mask[i]!;
  }
  return { mask, count, position };
}

/** The layout of the blocks in `data`, where it has some. */
export function layoutOf(data: IndexData): BlockLayout {
  return data.kind === 'PqFastScan' || data.kind === 'IvfPqFastScan'
    ? { bbs: data.bbs, M2: data.M2 }
    : { bbs: 32, M2: 0 };
}

/**
 * `data` without the rows that go. Positions of an index that counts from 0 close up, and so do the ids of an IVF, which
 * must be positions.
 */
export function keepRows(data: IndexData, kept: Kept): IndexData {
  const ntotal = kept.count;
  switch (data.kind) {
    case 'Flat':
      return { ...data, ntotal, vectors: keepItems(data.vectors, data.d, kept) };
    case 'Pq':
      return { ...data, ntotal, codes: keepItems(data.codes, codeBytes(data.pq), kept) };
    case 'PqFastScan': {
      const order = [...rowsKept(kept.mask)];
      const codes = gatherBlocks(data.codes, order, layoutOf(data));
      return { ...data, ntotal, ntotal2: Math.ceil(ntotal / data.bbs) * data.bbs, codes };
    }
    case 'IvfFlat':
    case 'IvfPq':
    case 'IvfPqFastScan':
      return { ...data, ntotal, invlists: keepInLists(data.invlists, kept, layoutOf(data)) };
    case 'Refine':
      return { ...data, ntotal, base: keepRows(data.base, kept), refine: keepRows(data.refine, kept) };
    case 'PreTransform':
    case 'IdMap':
    case 'IdMap2':
      return { ...data, ntotal, base: keepRows(data.base, kept) };
    default:
      throw notServed(data);
  }
}

/** `a` with the rows of `b` behind its own; both must be trained alike, and the ids of an IVF must be positions. */
export function appendRows(a: IndexData, b: IndexData): IndexData {
  const ntotal = a.ntotal + b.ntotal;
  if (a.kind === 'Flat' && b.kind === 'Flat') {
    if (b.more) throw notServed(b);
    return { ...a, ntotal, vectors: joinFloats(a.vectors, b.vectors) };
  }
  if (a.kind === 'Pq' && b.kind === 'Pq') return { ...a, ntotal, codes: joinBytes([a.codes, b.codes]) };
  if (a.kind === 'PqFastScan' && b.kind === 'PqFastScan') {
    const codes = joinBlocks([a.codes, a.ntotal], [b.codes, b.ntotal], layoutOf(a));
    return { ...a, ntotal, ntotal2: Math.ceil(ntotal / a.bbs) * a.bbs, codes };
  }
  if (isIvf(a) && isIvf(b)) {
    return { ...a, ntotal, invlists: joinLists(a.invlists, b.invlists, a.ntotal, layoutOf(a)) } as IndexData;
  }
  if (a.kind === 'Refine' && b.kind === 'Refine') {
    return { ...a, ntotal, base: appendRows(a.base, b.base), refine: appendRows(a.refine, b.refine) };
  }
  if (a.kind === 'PreTransform' && b.kind === 'PreTransform') {
    return { ...a, ntotal, base: appendRows(a.base, b.base) };
  }
  throw new TypeError(`${a.kind} takes no rows of ${b.kind}`);
}

const codeBytes = ({ M, nbits }: { M: number; nbits: number }): number => Math.ceil((M * nbits) / 8);

function* rowsKept(mask: Uint8Array): Generator<number> {
  for (let i = 0; i < mask.length; i++) if (mask[i] === 1) yield i;
}

function keepItems<T extends Float32Array | Uint8Array>(items: T, size: number, kept: Kept): T {
  const out = (
    items instanceof Float32Array ? new Float32Array(kept.count * size) : new Uint8Array(kept.count * size)
  ) as T;
  let at = 0;
  for (const row of rowsKept(kept.mask)) {
    out.set(items.subarray(row * size, (row + 1) * size), at);
    at += size;
  }
  return out;
}

function keepInLists(lists: InvertedListsData, kept: Kept, layout: BlockLayout): InvertedListsData {
  if (!hasEntries(lists)) return lists;
  const codes: Uint8Array[] = [];
  const ids: Float64Array[] = [];
  lists.ids.forEach((old, i) => {
    const order: number[] = [];
    for (let j = 0; j < old.length; j++) if (kept.mask[old[j]!] === 1) order.push(j);
    ids.push(Float64Array.from(order, (j) => kept.position[old[j]!]!));
    const oldCodes = lists.codes[i]!;
    codes.push(
      lists.kind === 'block'
        ? gatherBlocks(oldCodes, order, layout)
        : gatherBytes(oldCodes, order, lists.codeSize),
    );
  });
  return { ...lists, codes, ids };
}

function gatherBytes(codes: Uint8Array, order: readonly number[], size: number): Uint8Array {
  const out = new Uint8Array(order.length * size);
  order.forEach((row, i) => {
    out.set(codes.subarray(row * size, (row + 1) * size), i * size);
  });
  return out;
}

function gatherBlocks(packed: Uint8Array, order: readonly number[], layout: BlockLayout): Uint8Array {
  const out = new Uint8Array(blocksSize(order.length, layout));
  order.forEach((row, i) => {
    copyInBlocks(packed, row, out, i, layout);
  });
  return out;
}

function joinFloats(a: Float32Array, b: Float32Array): Float32Array {
  const out = new Float32Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

type Blocks = readonly [packed: Uint8Array, n: number];

/** Blocks of a are copied whole; its last one may be filled up by rows of b. */
function joinBlocks([a, na]: Blocks, [b, nb]: Blocks, layout: BlockLayout): Uint8Array {
  const out = new Uint8Array(blocksSize(na + nb, layout));
  out.set(a.subarray(0, blocksSize(na, layout)));
  for (let i = 0; i < nb; i++) copyInBlocks(b, i, out, na + i, layout);
  return out;
}

function joinLists(
  a: InvertedListsData,
  b: InvertedListsData,
  shift: number,
  layout: BlockLayout,
): InvertedListsData {
  if (!hasEntries(a) || !hasEntries(b)) return a;
  const ids = a.ids.map((mine, i) => {
    const theirs = b.ids[i]!;
    const out = new Float64Array(mine.length + theirs.length);
    out.set(mine);
    for (let j = 0; j < theirs.length; j++) out[mine.length + j] = theirs[j]! + shift;
    return out;
  });
  const codes = a.codes.map((mine, i) =>
    a.kind === 'block'
      ? joinBlocks([mine, a.ids[i]!.length], [b.codes[i]!, b.ids[i]!.length], layout)
      : joinBytes([mine, b.codes[i]!]),
  );
  return { ...(a as BlockListsData), ids, codes };
}
