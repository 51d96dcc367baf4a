import type { FactorySpec } from '@lutra/core';
import { parseHnsw, parseNsg } from './parse-graph.js';
import { parseImi, parseIvf, parseTwoLayer } from './parse-ivf.js';
import {
  parseAdditive,
  parseEden,
  parsePq,
  parseRaBitQ,
  parseRaBitQFastScan,
  parseSq,
} from './parse-quantizer.js';
import { Scanner } from './scanner.js';

/** Parses an index inside this one, between two offsets. */
type Inner = (lo: number, hi: number) => FactorySpec;

/** What a rule needs beside its scanner: the partner of each opening parenthesis, and the way down. */
interface Around {
  readonly close: ReadonlyMap<number, number>;
  readonly inner: Inner;
}

type BasicRule = readonly [head: string, parse: (sc: Scanner, around: Around) => FactorySpec];

/** A head stands before its own prefixes; of all others, one at most fits. */
const BASIC: readonly BasicRule[] = [
  ['FlatL2Panorama', (sc) => flatPanorama(sc, 'l2')],
  ['FlatIPPanorama', (sc) => flatPanorama(sc, 'ip')],
  ['Flat', () => ({ kind: 'Flat' })],
  ['IVF', (sc, around) => parseIvf(sc, (s) => parenthesised(s, around))],
  ['IMI2x', parseImi],
  ['HNSW', parseHnsw],
  ['NSG', parseNsg],
  ['PQ', parsePq],
  ['SQ', parseSq],
  ['LSH', lsh],
  ['RQ', (sc) => parseAdditive(sc, 'RQ', false)],
  ['RCQ', (sc) => parseAdditive(sc, 'RCQ', false)],
  ['LSQ', (sc) => parseAdditive(sc, 'LSQ', false)],
  ['LSCQ', (sc) => parseAdditive(sc, 'LSCQ', false)],
  ['PRQ', (sc) => parseAdditive(sc, 'PRQ', false)],
  ['PLSQ', (sc) => parseAdditive(sc, 'PLSQ', false)],
  ['RaBitQfs', parseRaBitQFastScan],
  ['RaBitQ', parseRaBitQ],
  ['EDEN', parseEden],
  ['Residual', parseTwoLayer],
  ['ZnLattice', lattice],
  ['MinMaxFP16,', (sc, around) => rowwiseMinMax(sc, around, 'RowwiseMinMaxFp16')],
  ['MinMax,', (sc, around) => rowwiseMinMax(sc, around, 'RowwiseMinMax')],
];

/** What an index without wrappers may begin with. */
export const BASIC_HEADS: readonly string[] = BASIC.map(([head]) => head);

const INDEX_LABELS: readonly string[] = [
  'Flat',
  'IVF<nlist>',
  'HNSW<M>',
  'PQ<M>',
  'SQ8',
  'PCA<d>',
  'OPQ<M>_<d>',
  'L2norm',
  'RR',
  'HR',
  'ITQ',
  'Pad<d>',
  'IDMap,',
  'IDMap2,',
  'IMI2x<nbits>',
  'NSG<R>',
  'LSH',
  'RQ<M>x<nbits>',
  'RCQ<M>x<nbits>',
  'LSQ<M>x<nbits>',
  'LSCQ<M>x<nbits>',
  'PRQ<nsplits>x<M>x<nbits>',
  'PLSQ<nsplits>x<M>x<nbits>',
  'RaBitQ',
  'RaBitQfs',
  'EDEN',
  'Residual<nlist>',
  'ZnLattice<nsq>x<r2>_<nbits>',
  'FlatL2Panorama<levels>',
  'FlatIPPanorama<levels>',
  'MinMax,',
  'MinMaxFP16,',
];

/** The index in `input[lo, hi)` once IDMap, refines and transforms are peeled off. */
export function parseBasic(
  input: string,
  lo: number,
  hi: number,
  close: ReadonlyMap<number, number>,
  inner: Inner,
): FactorySpec {
  const sc = new Scanner(input, lo, hi);
  for (const wrapper of ['IDMap2,', 'IDMap,'])
    if (sc.take(wrapper)) sc.fail('expected an index', INDEX_LABELS);
  const rule = BASIC.find(([head]) => sc.at(head));
  if (rule === undefined) return sc.fail('expected an index', INDEX_LABELS);
  sc.pos += rule[0].length;
  const spec = rule[1](sc, { close, inner });
  sc.finish();
  return spec;
}

function parenthesised(sc: Scanner, { close, inner }: Around): FactorySpec {
  const shut = close.get(sc.pos) as number;
  const index = inner(sc.pos + 1, shut);
  sc.pos = shut + 1;
  return index;
}

function flatPanorama(sc: Scanner, metric: 'l2' | 'ip'): FactorySpec {
  const levels = sc.int('levels');
  const batch = sc.underscoreInt('batch');
  return { kind: 'FlatPanorama', metric, levels, ...(batch !== undefined && { batch }) };
}

function lsh(sc: Scanner): FactorySpec {
  const nbits = sc.optionalInt('nbits');
  const rotate = sc.take('r');
  return { kind: 'Lsh', ...(nbits !== undefined && { nbits }), rotate, trainThresholds: sc.take('t') };
}

function lattice(sc: Scanner): FactorySpec {
  const nsq = sc.int('nsq');
  sc.expect('x');
  const r2 = sc.int('r2');
  sc.expect('_');
  return { kind: 'Lattice', nsq, r2, scaleNbits: sc.int('nbits') };
}

/** faiss has replaced all parentheses before it comes to MinMax, and then cannot read what is left of them. */
function rowwiseMinMax(
  sc: Scanner,
  { inner }: Around,
  kind: 'RowwiseMinMax' | 'RowwiseMinMaxFp16',
): FactorySpec {
  const paren = sc.input.indexOf('(', sc.pos);
  if (paren >= 0 && paren < sc.end) {
    sc.fail('faiss cannot read parentheses in MinMax', ['","'], paren);
  }
  const base = inner(sc.pos, sc.end);
  sc.pos = sc.end;
  return { kind, base };
}
