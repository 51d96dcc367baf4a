import type {
  AdditiveFields,
  AdditiveQuantizerFields,
  AdditiveSearchType,
  LocalSearchQuantizerData,
  ProductAdditiveQuantizerData,
  ResidualQuantizerData,
} from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import {
  bool,
  enumeration,
  type FieldTable,
  f32,
  f32Array,
  i32,
  idArray,
  readFields,
  u64,
  writeFields,
} from '../bytes/fields.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';

const SEARCH_TYPES: readonly AdditiveSearchType[] = [
  'decompress',
  'LUT_nonorm',
  'norm_from_LUT',
  'norm_float',
  'norm_qint8',
  'norm_qint4',
  'norm_cqint8',
  'norm_cqint4',
  'norm_lsq2x4',
  'norm_rq2x4',
];

/** Bits of the norm in a code. */
const NORM_BITS: Readonly<Record<AdditiveSearchType, number>> = {
  decompress: 0,
  LUT_nonorm: 0,
  norm_from_LUT: 0,
  norm_float: 32,
  norm_qint8: 8,
  norm_qint4: 4,
  norm_cqint8: 8,
  norm_cqint4: 4,
  norm_lsq2x4: 8,
  norm_rq2x4: 8,
};

type Shared = Omit<AdditiveFields, 'normCentroids' | 'normTables'>;

const SHARED: FieldTable<Shared> = {
  d: u64,
  M: u64,
  nbits: idArray,
  isTrained: bool,
  codebooks: f32Array,
  searchType: enumeration(SEARCH_TYPES),
  normMin: f32,
  normMax: f32,
};

const RQ: FieldTable<Omit<ResidualQuantizerData, keyof AdditiveFields | 'kind'>> = {
  trainType: i32,
  maxBeamSize: i32,
};

const LSQ: FieldTable<Omit<LocalSearchQuantizerData, keyof AdditiveFields | 'kind'>> = {
  K: u64,
  trainIters: u64,
  encodeIlsIters: u64,
  trainIlsIters: u64,
  icmIters: u64,
  p: f32,
  lambd: f32,
  chunkSize: u64,
  randomSeed: i32,
  nperts: u64,
  updateCodebooksWithDouble: bool,
};

const NOTHING: Float32Array = new Float32Array(0);

/** The fewest bytes that a quantizer takes. */
const SMALLEST = 60;

/** Bytes of a code: the indexes and the norm, packed. */
export function additiveCodeSize(aq: AdditiveQuantizerFields): number {
  return Math.ceil((totalBits(aq) + NORM_BITS[aq.searchType]) / 8);
}

/** Reads an additive quantizer of vectors of `d` components. */
export function* readAdditiveQuantizer(
  r: ByteReader,
  kind: AdditiveQuantizerFields['kind'],
  d: number,
): Reading<AdditiveQuantizerFields> {
  if (kind === 'RQ') return yield* readResidualQuantizer(r, d, 'aq');
  if (kind === 'LSQ') return yield* readLocalSearchQuantizer(r, d, 'aq');
  return yield* readProduct(r, kind, d);
}

/** Reads a ResidualQuantizer. */
export function* readResidualQuantizer(
  r: ByteReader,
  d: number,
  name: string,
): Reading<ResidualQuantizerData> {
  const shared = yield* readShared(r, name);
  const data: ResidualQuantizerData = { kind: 'RQ', ...shared, ...(yield* readFields(r, RQ, `${name}.`)) };
  check(data, { d, name }, r);
  return data;
}

/** Reads the layout of 2021, which has no norm centroids and another order. */
export function* readOldResidualQuantizer(r: ByteReader, d: number): Reading<ResidualQuantizerData> {
  const { codebooks, searchType, normMin, normMax, ...head } = SHARED;
  const data: ResidualQuantizerData = {
    kind: 'RQ',
    ...(yield* readFields(r, head, 'aq.')),
    ...(yield* readFields(r, RQ, 'aq.')),
    ...(yield* readFields(r, { codebooks, searchType, normMin, normMax }, 'aq.')),
    normCentroids: NOTHING,
    normTables: NOTHING,
  };
  check(data, { d, name: 'aq' }, r);
  return data;
}

function* readLocalSearchQuantizer(
  r: ByteReader,
  d: number,
  name: string,
): Reading<LocalSearchQuantizerData> {
  const shared = yield* readShared(r, name);
  const data: LocalSearchQuantizerData = {
    kind: 'LSQ',
    ...shared,
    ...(yield* readFields(r, LSQ, `${name}.`)),
  };
  check(data, { d, name }, r);
  return data;
}

function* readProduct(r: ByteReader, kind: 'PRQ' | 'PLSQ', d: number): Reading<ProductAdditiveQuantizerData> {
  const shared = yield* readShared(r, 'aq');
  const nsplits = yield* r.u64('aq.nsplits');
  const most = Math.min(d, Math.floor(r.left / SMALLEST));
  r.value(nsplits >= 1 && nsplits <= most, 'aq.nsplits', `1 to ${most}`, nsplits);
  const quantizers: (ResidualQuantizerData | LocalSearchQuantizerData)[] = [];
  for (let i = 0; i < nsplits; i++) {
    const name = `aq.quantizers[${i}]`;
    quantizers.push(
      kind === 'PRQ'
        ? yield* readResidualQuantizer(r, d / nsplits, name)
        : yield* readLocalSearchQuantizer(r, d / nsplits, name),
    );
  }
  const data: ProductAdditiveQuantizerData = { kind, ...shared, nsplits, quantizers };
  check(data, { d, name: 'aq' }, r);
  return data;
}

function* readShared(r: ByteReader, name: string): Reading<AdditiveFields> {
  const shared = yield* readFields(r, SHARED, `${name}.`);
  const { searchType } = shared;
  return {
    ...shared,
    normCentroids: hasCentroids(searchType) ? yield* r.f32Vector(`${name}.normCentroids`) : NOTHING,
    normTables: hasTables(searchType) ? yield* r.f32Vector(`${name}.normTables`) : NOTHING,
  };
}

/** Writes an additive quantizer of vectors of `d` components. */
export function writeAdditiveQuantizer(
  aq: AdditiveQuantizerFields,
  { d, name }: { d: number; name: string },
  out: ByteSink,
): void {
  check(aq, { d, name }, out);
  writeFields(out, SHARED, aq, `${name}.`);
  if (hasCentroids(aq.searchType)) out.f32Vector(`${name}.normCentroids`, aq.normCentroids);
  if (hasTables(aq.searchType)) out.f32Vector(`${name}.normTables`, aq.normTables);
  if (aq.kind === 'RQ') writeFields(out, RQ, aq, `${name}.`);
  else if (aq.kind === 'LSQ') writeFields(out, LSQ, aq, `${name}.`);
  else {
    out.u64(`${name}.nsplits`, aq.nsplits);
    aq.quantizers.forEach((quantizer, i) => {
      writeAdditiveQuantizer(quantizer, { d: d / aq.nsplits, name: `${name}.quantizers[${i}]` }, out);
    });
  }
}

function hasCentroids(type: AdditiveSearchType): boolean {
  return type === 'norm_cqint8' || type === 'norm_cqint4' || hasTables(type);
}

function hasTables(type: AdditiveSearchType): boolean {
  return type === 'norm_lsq2x4' || type === 'norm_rq2x4';
}

function totalBits(aq: AdditiveFields): number {
  return aq.nbits.reduce((a, b) => a + b, 0);
}

function check(aq: AdditiveQuantizerFields, { d, name }: { d: number; name: string }, judge: Judge): void {
  judge.value(aq.d === d && d > 0, `${name}.d`, `${d}, above 0`, aq.d);
  judge.value(aq.M > 0, `${name}.M`, 'at least 1', aq.M);
  judge.length(`${name}.nbits`, aq.nbits.length, aq.M);
  judge.value(totalBits(aq) > 0, `${name}.nbits`, 'bits', 0);
  const rows = aq.nbits.reduce((sum, bits) => sum + 2 ** bits, 0);
  const product = aq.kind === 'PRQ' || aq.kind === 'PLSQ';
  const width = product ? d / aq.nsplits : d;
  const { codebooks } = aq;
  if (aq.isTrained || codebooks.length > 0) judge.length(`${name}.codebooks`, codebooks.length, rows * width);
  if (aq.kind === 'RQ') judge.value(aq.maxBeamSize > 0, `${name}.maxBeamSize`, 'above 0', aq.maxBeamSize);
  if (!product) return;
  judge.value(d % aq.nsplits === 0, `${name}.nsplits`, `a divisor of ${d}`, aq.nsplits);
  judge.length(`${name}.quantizers`, aq.quantizers.length, aq.nsplits);
  for (const { kind } of aq.quantizers)
    judge.value(kind === aq.kind.slice(1), `${name}.quantizers`, aq.kind.slice(1), kind);
}
