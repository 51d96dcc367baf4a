import type {
  AdditiveFastScanSpec,
  AdditiveNorm,
  AdditiveQuantizerSpec,
  CodecSpec,
  FactorySpec,
  ScalarQuantizerType,
} from '@lutra/core';
import type { Facts, Place } from './facts.js';
import { divides, MAX_ROWS_OF_STATISTIC, onlyMetrics, refuseAt, within } from './facts.js';

/** faiss's own limit of a product quantizer. */
const MAX_PQ_NBITS = 24;
/** faiss's own limit of an additive quantizer's codebook. */
const MAX_ADDITIVE_NBITS = 30;

/** Bytes of `bits` bits. */
export const bytesOf = (bits: number): number => Math.ceil(bits / 8);

const L2_OR_IP = 'faiss computes this for l2 and ip only';

/** Checks what stands alone and in an IVF alike; undefined if `spec` is something else. */
export function quantizerFacts(
  place: Place,
  text: string,
  spec: FactorySpec | CodecSpec,
  inIvf: boolean,
): Facts | undefined {
  const facts = factsOf(place, text, spec, inIvf);
  if (facts !== undefined) onlyMetrics(place, text, ['l2', 'ip'], L2_OR_IP);
  return facts;
}

function factsOf(
  place: Place,
  text: string,
  spec: FactorySpec | CodecSpec,
  inIvf: boolean,
): Facts | undefined {
  switch (spec.kind) {
    case 'ScalarQuantizer':
      return { kind: spec.kind, ...sqFacts(spec.qtype, place.d) };
    case 'Pq':
      return pqFacts(place, text, spec.M, spec.nbits);
    case 'PqFastScan':
      checkBbs(place, text, spec.bbs);
      return { ...pqFacts(place, text, spec.M, 4), kind: spec.kind };
    case 'AdditiveQuantizer':
      return additiveFacts(place, text, spec);
    case 'AdditiveFastScan':
      return additiveFastScanFacts(place, text, spec, inIvf);
    case 'RaBitQ':
      return rabitqFacts(place, text, spec.kind, spec.nbits);
    case 'RaBitQFastScan':
      checkBbs(place, text, spec.bbs);
      return rabitqFacts(place, text, spec.kind, spec.nbits);
    case 'Eden':
      within(place, text, 'nbits', spec.nbits, 1, 8);
      return statistic(spec.kind, bytesOf(spec.nbits * place.d) + 8);
    default:
      return undefined;
  }
}

const statistic = (kind: string, codeBytes: number): Facts => ({
  kind,
  codeBytes,
  minRows: 1,
  maxRows: MAX_ROWS_OF_STATISTIC,
});

/** A product quantizer of `M` times `nbits` bits over the dimension at `place`. */
export function pqFacts(place: Place, text: string, M: number, nbits: number): Facts {
  divides(place, text, 'M', M, place.d, 'd');
  within(place, text, 'nbits', nbits, 1, MAX_PQ_NBITS);
  return { kind: 'Pq', codeBytes: bytesOf(M * nbits), centroids: 2 ** nbits };
}

function checkBbs(place: Place, text: string, bbs: number): void {
  within(place, text, 'bbs', bbs, 32);
  if (bbs % 32 !== 0) {
    refuseAt(place, text, `bbs must be a multiple of 32, got ${bbs}`, 'bbs that is a multiple of 32');
  }
}

/** Bits a dimension, and whether the type learns a range. */
const SQ_BITS: Readonly<Record<ScalarQuantizerType, readonly [bits: number, trains: boolean]>> = {
  '8': [8, true],
  '4': [4, true],
  '6': [6, true],
  '0': [0, true],
  fp16: [16, false],
  bf16: [16, false],
  '8_direct': [8, false],
  '8_direct_signed': [8, false],
  tqmse1: [1, true],
  tqmse2: [2, true],
  tqmse3: [3, true],
  tqmse4: [4, true],
  tqmse8: [8, true],
  tq2: [2, true],
  tq3: [3, true],
  tq4: [4, true],
  tq5: [5, true],
};

/** A `tq` code has its planes padded to bytes one by one, and two floats. */
function sqFacts(qtype: ScalarQuantizerType, d: number): Omit<Facts, 'kind'> {
  const [bits, trains] = SQ_BITS[qtype];
  const isPlanes = qtype === 'tq2' || qtype === 'tq3' || qtype === 'tq4' || qtype === 'tq5';
  const codeBytes = isPlanes ? bits * bytesOf(d) + 8 : bytesOf(bits * d);
  return { codeBytes, ...(trains && { minRows: 1, maxRows: MAX_ROWS_OF_STATISTIC }) };
}

/** One bit a dimension and two floats, or three; each further bit a dimension and, once, two more. */
function rabitqFacts(place: Place, text: string, kind: string, nbits: number): Facts {
  within(place, text, 'nbits', nbits, 1, 9);
  const extra = nbits - 1;
  const codeBytes = bytesOf(place.d) + (extra === 0 ? 8 : 12 + bytesOf(place.d * extra) + 8);
  return statistic(kind, codeBytes);
}

const NORM_BITS: Readonly<Record<AdditiveNorm, number>> = {
  default: 0,
  none: 0,
  float: 32,
  qint8: 8,
  qint4: 4,
  cqint8: 8,
  cqint4: 4,
  lsq2x4: 8,
  rq2x4: 8,
};

/** Rows that the quantizer of the norm needs: its centroids in one dimension. */
const NORM_ROWS: Partial<Record<AdditiveNorm, number>> = { cqint8: 256, cqint4: 16, rq2x4: 16 };

const isProduct = (quantizer: AdditiveQuantizerSpec['quantizer']): boolean =>
  quantizer === 'PRQ' || quantizer === 'PLSQ';
const isResidual = (quantizer: AdditiveQuantizerSpec['quantizer']): boolean =>
  quantizer === 'RQ' || quantizer === 'RCQ' || quantizer === 'PRQ';

/** k-means of a residual quantizer starts in the principal axes of its part, so it wants that many rows. */
function additiveRows(
  spec: AdditiveQuantizerSpec | AdditiveFastScanSpec,
  dsub: number,
  nbits: readonly number[],
  M: number,
): Omit<Facts, 'kind'> {
  const largest = 2 ** Math.max(...nbits);
  const perCodebook = spec.quantizer === 'LSQ' || spec.quantizer === 'LSCQ' ? M : 1;
  const maxRows = 1024 * perCodebook * largest;
  const normRows = NORM_ROWS[spec.norm] ?? 1;
  return isResidual(spec.quantizer)
    ? { centroids: largest, minRows: Math.max(dsub, normRows), maxRows: Math.max(maxRows, dsub) }
    : { minRows: normRows, maxRows };
}

function additiveFacts(place: Place, text: string, spec: AdditiveQuantizerSpec): Facts {
  const { quantizer, nsplits } = spec;
  if (isProduct(quantizer)) divides(place, text, 'nsplits', nsplits, place.d, 'd');
  let M = 0;
  let bits = 0;
  for (const [count, nbits] of spec.parts) {
    within(place, text, 'M', count, 1);
    within(place, text, 'nbits', nbits, 1, MAX_ADDITIVE_NBITS);
    M += count;
    bits += count * nbits;
  }
  const isCoarse = quantizer === 'RCQ' || quantizer === 'LSCQ';
  if (isCoarse) within(place, text, 'total bits', bits, 1, 63);
  // faiss's local search has one width for all codebooks, the first that is written.
  const [, firstBits] = spec.parts[0] as readonly [number, number];
  const codeBits = quantizer === 'LSQ' ? M * firstBits : bits * nsplits;
  const widths = quantizer === 'LSQ' ? [firstBits] : spec.parts.map(([, nbits]) => nbits);
  return {
    kind: spec.kind,
    codeBytes: isCoarse ? bytesOf(bits) : bytesOf(codeBits + NORM_BITS[spec.norm]),
    ...additiveRows(spec, place.d / nsplits, widths, M),
    note: additiveNote(isCoarse, widths.length !== spec.parts.length),
  };
}

function additiveNote(isCoarse: boolean, dropsWidths: boolean): string | undefined {
  if (isCoarse) return 'a coarse quantizer: takes no vectors of its own';
  return dropsWidths ? 'every codebook gets the width of the first' : undefined;
}

function additiveFastScanFacts(
  place: Place,
  text: string,
  spec: AdditiveFastScanSpec,
  inIvf: boolean,
): Facts {
  checkBbs(place, text, spec.bbs);
  if (isProduct(spec.quantizer)) divides(place, text, 'nsplits', spec.nsplits, place.d, 'd');
  within(place, text, 'M', spec.M, 1);
  const M = spec.M * spec.nsplits;
  checkFastScanNorm(place, text, spec.norm, inIvf);
  const tables = place.metric === 'l2' ? M + 2 : M;
  const rows = additiveRows(spec, place.d / spec.nsplits, [4], M);
  return { kind: spec.kind, codeBytes: bytesOf(4 * tables), ...rows, maxRows: 1024 * 16 * tables };
}

/** The norm of an l2 code must itself be two 4-bit codes; an ip code has none. */
function checkFastScanNorm(place: Place, text: string, norm: AdditiveNorm, inIvf: boolean): void {
  onlyMetrics(place, text, ['l2', 'ip'], L2_OR_IP);
  const twoByFour = norm === 'rq2x4' || norm === 'lsq2x4';
  if (place.metric === 'l2' && !twoByFour) {
    const example = inIvf ? 'IVF1024,RQ8x4fs_Nrq2x4' : 'RQ8x4fs_Nrq2x4';
    refuseAt(place, text, `l2 needs the suffix _Nrq2x4 or _Nlsq2x4, as in ${example}`, '_Nrq2x4 or _Nlsq2x4');
  }
  if (place.metric === 'ip' && norm !== 'default' && norm !== 'none') {
    refuseAt(place, text, `ip needs no norm suffix, got _N${norm}`, 'no norm suffix');
  }
}
