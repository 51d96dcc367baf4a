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

const turboQuant = (bits: number): string =>
  `${bits} bit${bits === 1 ? '' : 's'} a dimension, in fixed steps that fit vectors of length one`;
const planes = (bits: number): string =>
  `${bits} bits a dimension: ${bits - 1} in fixed steps that fit vectors of length one, and the sign of what is left`;

/** What each scalar quantizer keeps. */
export const SQ_MEANINGS: Readonly<Record<ScalarQuantizerType, string>> = {
  '8': '8 bits a dimension, in 256 steps over the range that training sees',
  '6': '6 bits a dimension, in 64 steps over the range that training sees',
  '4': '4 bits a dimension, in 16 steps over the range that training sees',
  '0': 'nothing of the vector: what stands for it is the centroid of its list',
  fp16: '16 bits a dimension: a float of half precision',
  bf16: '16 bits a dimension: the upper half of a float32',
  '8_direct': 'one byte a dimension, which is the value itself, 0 to 255',
  '8_direct_signed': 'one byte a dimension, which is the value itself, -128 to 127',
  tqmse1: turboQuant(1),
  tqmse2: turboQuant(2),
  tqmse3: turboQuant(3),
  tqmse4: turboQuant(4),
  tqmse8: turboQuant(8),
  tq2: planes(2),
  tq3: planes(3),
  tq4: planes(4),
  tq5: planes(5),
};

/** What the `_N…` suffix of an additive quantizer says. */
export const NORM_MEANINGS: Readonly<Record<AdditiveNorm, string>> = {
  default: 'distances by decoding',
  none: 'no norm is kept, so that inner products come from tables alone',
  float: 'the norm is kept in 4 bytes',
  qint8: 'the norm is kept in 8 bits, in equal steps',
  qint4: 'the norm is kept in 4 bits, in equal steps',
  cqint8: 'the norm is kept in 8 bits, in steps that training fits',
  cqint4: 'the norm is kept in 4 bits, in steps that training fits',
  lsq2x4: 'the norm is kept in two 4-bit numbers, by local search',
  rq2x4: 'the norm is kept in two 4-bit numbers, by residuals',
};

type QuantizerSpec =
  | ScalarQuantizerSpec
  | PqSpec
  | (PqFastScanSpec & { readonly residual?: boolean })
  | AdditiveQuantizerSpec
  | (AdditiveFastScanSpec & { readonly residual?: boolean })
  | RaBitQSpec
  | RaBitQFastScanSpec
  | EdenSpec;

/** What a code holds, and what each number of its token does, in a sentence without a full stop. */
export function quantizerMeaning(spec: QuantizerSpec, d: number): string {
  switch (spec.kind) {
    case 'ScalarQuantizer':
      return SQ_MEANINGS[spec.qtype];
    case 'Pq':
      return pqMeaning(spec, d);
    case 'PqFastScan':
      return fastScan(`cut into ${parts(spec.M, d)}, 4 bits each`, spec);
    case 'AdditiveQuantizer':
      return `${codebooks(spec, d)}; ${NORM_MEANINGS[spec.norm]}`;
    case 'AdditiveFastScan': {
      const each = split(spec.nsplits, d);
      return fastScan(
        `${each}the sum of ${count(spec.M, 'codeword')} of 4 bits; ${NORM_MEANINGS[spec.norm]}`,
        spec,
      );
    }
    case 'RaBitQ':
      return raBitQ(spec.nbits);
    case 'RaBitQFastScan':
      return fastScan(raBitQ(spec.nbits), spec);
    default:
      return `${count(spec.nbits, 'bit')} a dimension in steps that fit a normal distribution, and factors that make the estimate ${spec.biased ? 'closest' : 'right on average'}`;
  }
}

/** `M` parts and their centroids. */
export function pqMeaning({ M, nbits }: { readonly M: number; readonly nbits: number }, d: number): string {
  return `cut into ${parts(M, d)}; each is kept as the ${nbits}-bit number of the nearest of ${2 ** nbits} centroids`;
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;

const parts = (M: number, d: number): string => `${count(M, 'part')} of ${count(d / M, 'dimension')}`;

const split = (nsplits: number, d: number): string =>
  nsplits === 1 ? '' : `cut into ${parts(nsplits, d)}, each `;

function fastScan(what: string, spec: { readonly bbs: number; readonly residual?: boolean }): string {
  const residual = spec.residual === true ? ', of what is left after the centroid' : '';
  return `${what}${residual}; searched by look-ups in registers, in blocks of ${spec.bbs} vectors`;
}

function codebooks(spec: AdditiveQuantizerSpec, d: number): string {
  const books = spec.parts.map(([n, nbits]) => `${n} of ${nbits} bits`).join(', then ');
  const how =
    spec.quantizer === 'LSQ' || spec.quantizer === 'LSCQ' || spec.quantizer === 'PLSQ'
      ? 'found together by local search'
      : 'each of what those before it leave';
  return `${split(spec.nsplits, d)}the sum of codewords, ${books}, ${how}`;
}

const raBitQ = (nbits: number): string =>
  `${count(nbits, 'bit')} a dimension of the difference to the centroid, with factors that make the distance right on average`;
