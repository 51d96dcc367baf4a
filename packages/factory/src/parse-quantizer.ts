import type {
  AdditiveFastScanSpec,
  AdditiveNorm,
  AdditiveQuantizerSpec,
  EdenSpec,
  PqFastScanSpec,
  PqSpec,
  RaBitQFastScanSpec,
  RaBitQSpec,
  ScalarQuantizerSpec,
  ScalarQuantizerType,
} from '@lutra/core';
import type { Scanner } from './scanner.js';

/** faiss's block size of FastScan where the string has none. */
export const DEFAULT_BBS = 32;

/** What follows `SQ`; a name stands before its own prefixes. */
export const SQ_TYPES: readonly ScalarQuantizerType[] = [
  '8_direct_signed',
  '8_direct',
  '8',
  '4',
  '6',
  '0',
  'fp16',
  'bf16',
  'tqmse1',
  'tqmse2',
  'tqmse3',
  'tqmse4',
  'tqmse8',
  'tq2',
  'tq3',
  'tq4',
  'tq5',
];

/** What follows `_N`. */
export const NORMS: readonly Exclude<AdditiveNorm, 'default'>[] = [
  'none',
  'float',
  'qint8',
  'qint4',
  'cqint8',
  'cqint4',
  'lsq2x4',
  'rq2x4',
];

export function parseSq(sc: Scanner): ScalarQuantizerSpec {
  const qtype = sc.takeOne(SQ_TYPES) ?? sc.fail();
  // "8_direct" and "8_direct_signed" were tried in front of the 8; say so to whoever mistypes them.
  if (qtype === '8') sc.want('_direct');
  return { kind: 'ScalarQuantizer', qtype };
}

/** What follows `PQ<M>`: `[x<nbits>][np]`. */
export function parsePqTail(sc: Scanner, M: number): PqSpec {
  const nbits = sc.take('x', 'x<nbits>') ? sc.int('nbits') : 8;
  return { kind: 'Pq', M, nbits, polysemous: !sc.take('np') };
}

/** What follows `PQ<M>` outside an IVF. */
export function parsePq(sc: Scanner): PqSpec | PqFastScanSpec {
  const M = sc.int('M');
  if (!sc.take('x4fs')) return parsePqTail(sc, M);
  return { kind: 'PqFastScan', M, bbs: sc.underscoreInt('bbs') ?? DEFAULT_BBS };
}

function parseNorm(sc: Scanner): AdditiveNorm {
  if (!sc.take('_N', '_N<norm>')) return 'default';
  return sc.takeOne(NORMS) ?? sc.fail();
}

type Quantizer = AdditiveQuantizerSpec['quantizer'];

/** What follows `RQ`, `RCQ`, `LSQ`, `LSCQ`, `PRQ` or `PLSQ`. In an IVF, LSQ takes several parts and FastScan an `r`. */
export function parseAdditive(
  sc: Scanner,
  quantizer: Quantizer,
  inIvf: boolean,
): AdditiveQuantizerSpec | (AdditiveFastScanSpec & { residual?: boolean }) {
  const isProduct = quantizer === 'PRQ' || quantizer === 'PLSQ';
  const nsplits = isProduct ? sc.int('nsplits') : 1;
  if (isProduct) sc.expect('x');
  const M = sc.int('M');
  const canScan = quantizer !== 'RCQ' && quantizer !== 'LSCQ';
  if (canScan && sc.take('x4fs')) {
    const residual = inIvf ? { residual: sc.take('r') } : {};
    const bbs = sc.underscoreInt('bbs') ?? DEFAULT_BBS;
    return { kind: 'AdditiveFastScan', quantizer, nsplits, M, bbs, norm: parseNorm(sc), ...residual };
  }
  sc.expect('x');
  const parts: (readonly [number, number])[] = [[M, sc.int('nbits')]];
  if (quantizer === 'RQ' || quantizer === 'RCQ' || (quantizer === 'LSQ' && inIvf)) {
    for (let count = sc.underscoreInt('M'); count !== undefined; count = sc.underscoreInt('M')) {
      sc.expect('x');
      parts.push([count, sc.int('nbits')]);
    }
  }
  return { kind: 'AdditiveQuantizer', quantizer, nsplits, parts, norm: parseNorm(sc) };
}

/** What follows `RaBitQ`. */
export function parseRaBitQ(sc: Scanner): RaBitQSpec {
  return { kind: 'RaBitQ', nbits: sc.digit(1, 9) ?? 1 };
}

/** What follows `RaBitQfs`. */
export function parseRaBitQFastScan(sc: Scanner): RaBitQFastScanSpec {
  const nbits = sc.digit(1, 9) ?? 1;
  return { kind: 'RaBitQFastScan', nbits, bbs: sc.underscoreInt('bbs') ?? DEFAULT_BBS };
}

/** What follows `EDEN`. */
export function parseEden(sc: Scanner): EdenSpec {
  const nbits = sc.digit(1, 8) ?? 1;
  return { kind: 'Eden', nbits, biased: sc.takeOne(['BIASED', 'BIAS']) !== undefined };
}
