import type { BlockListsData, RaBitQuantizerData } from '@lutra/core';
import type { Judge } from '../bytes/judge.js';
import { factorBytes } from '../quantizers/rabit-quantizer.js';

/**
 * The first FastScan layout of RaBitQ (`Irfs`, `Iwrf`): blocks hold the signs alone, and the factors of all vectors stand
 * in one array, by position or, in lists, by id. faiss moves them behind the signs of their block when it reads such a
 * file, and so is done here; it is written in the new layout.
 * @see faiss/impl/RaBitQUtils.cpp
 */
export interface LegacyFactors {
  readonly rabitq: RaBitQuantizerData;
  readonly bbs: number;
  readonly M2: number;
  /** `(n, factorBytes)`. */
  readonly factors: Uint8Array;
}

const signBytes = ({ bbs, M2 }: LegacyFactors): number => (M2 / 2) * bbs;

/** Checks that there are factors for `ntotal` vectors. */
export function checkFactors(legacy: LegacyFactors, ntotal: number, judge: Judge): void {
  judge.length('flatStorage', legacy.factors.length, ntotal * factorBytes(legacy.rabitq));
}

/** The blocks of `n` vectors with the factors of each behind its signs; `place` is where a vector has its factors. */
export function blocksWithFactors(
  signs: Uint8Array,
  n: number,
  legacy: LegacyFactors,
  place: (i: number) => number,
): Uint8Array {
  const { bbs, factors } = legacy;
  const size = factorBytes(legacy.rabitq);
  const old = signBytes(legacy);
  const stride = old + size * bbs;
  const blocks = Math.ceil(n / bbs);
  const out = new Uint8Array(blocks * stride);
  for (let b = 0; b < blocks; b++) out.set(signs.subarray(b * old, (b + 1) * old), b * stride);
  for (let i = 0; i < n; i++) {
    const at = Math.floor(i / bbs) * stride + old + (i % bbs) * size;
    out.set(factors.subarray(place(i) * size, (place(i) + 1) * size), at);
  }
  return out;
}

/** The lists of a legacy file in blocks of today. */
export function listsWithFactors(lists: BlockListsData, legacy: LegacyFactors, judge: Judge): BlockListsData {
  const size = factorBytes(legacy.rabitq);
  const held = Math.floor(legacy.factors.length / size);
  judge.value(
    lists.nPerBlock === legacy.bbs && lists.blockSize === signBytes(legacy),
    'invlists.blockSize',
    `${signBytes(legacy)} for ${legacy.bbs} vectors`,
    `${lists.blockSize} for ${lists.nPerBlock}`,
  );
  const codes = lists.codes.map((signs, list) => {
    const ids = lists.ids[list] as Float64Array;
    const out = ids.find((id) => id < 0 || id >= held);
    judge.value(out === undefined, 'invlists.ids', `below ${held}, as there are factors`, out ?? 0);
    return blocksWithFactors(signs, ids.length, legacy, (i) => ids[i] as number);
  });
  return { ...lists, blockSize: signBytes(legacy) + size * legacy.bbs, codes };
}
