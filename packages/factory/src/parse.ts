import type { FactorySpec, TransformSpec } from '@lutra/core';
import { LutraError } from '@lutra/core';
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
import { parseTransforms } from './parse-transform.js';
import { Scanner } from './scanner.js';
import { MAX_DEPTH, SyntaxFault } from './syntax-fault.js';

/** The input and the partner of each opening parenthesis. */
interface Source {
  readonly input: string;
  readonly close: ReadonlyMap<number, number>;
}

/**
 * The tree of an input, or a {@link SyntaxFault}. faiss peels a string from outside: IDMap, then refines, then transforms,
 * each as a suffix or prefix of the whole rest, and only then looks at the index itself; so this parser works on ranges.
 */
export function parseSource(input: string): FactorySpec {
  return parseIndex({ input, close: matchParentheses(input) }, 0, input.length, 0);
}

function matchParentheses(input: string): Map<number, number> {
  const close = new Map<number, number>();
  const open: number[] = [];
  for (let i = 0; i < input.length; i++) {
    if (input[i] === '(') open.push(i);
    if (input[i] !== ')') continue;
    const partner = open.pop();
    if (partner === undefined) throw new SyntaxFault(i, ['the end', '","'], '")" without its "("');
    close.set(partner, i);
  }
  const left = open.pop();
  if (left !== undefined)
    throw new SyntaxFault(input.length, [')'], `expected ")" for the "(" at offset ${left}`);
  return close;
}

function parseIndex(source: Source, lo: number, hi: number, depth: number): FactorySpec {
  if (depth > MAX_DEPTH) {
    throw new SyntaxFault(lo, [`at most ${MAX_DEPTH} levels`], `nested deeper than ${MAX_DEPTH} levels`);
  }
  return (
    parseIdMap(source, lo, hi, depth + 1) ??
    parseRefine(source, lo, hi, depth + 1) ??
    parsePreTransform(source, lo, hi, depth + 1) ??
    parseBasic(source, lo, hi, depth + 1)
  );
}

const ID_MAPS = [
  ['IdMap2', 'IDMap2'],
  ['IdMap', 'IDMap'],
] as const;

function parseIdMap(source: Source, lo: number, hi: number, depth: number): FactorySpec | undefined {
  for (const [kind, token] of ID_MAPS) {
    const width = token.length + 1;
    if (hi - lo <= width) continue;
    if (source.input.startsWith(`,${token}`, hi - width)) {
      return { kind, base: parseIndex(source, lo, hi - width, depth) };
    }
    if (source.input.startsWith(`${token},`, lo)) {
      return { kind, base: parseIndex(source, lo + width, hi, depth) };
    }
  }
  return undefined;
}

function parseRefine(source: Source, lo: number, hi: number, depth: number): FactorySpec | undefined {
  const panorama = findRefine(source, lo, hi, ',RefinePanorama(');
  if (panorama !== undefined) return refineOf(source, 'RefinePanorama', lo, hi, panorama, depth);
  const flat = ',RFlat';
  if (hi - lo > flat.length && source.input.startsWith(flat, hi - flat.length)) {
    return { kind: 'RefineFlat', base: parseIndex(source, lo, hi - flat.length, depth) };
  }
  const refine = findRefine(source, lo, hi, ',Refine(');
  return refine === undefined ? undefined : refineOf(source, 'Refine', lo, hi, refine, depth);
}

/**
 * Where the refine that closes the range starts. faiss takes the *last* such token of a range that ends in ")", even
 * inside other parentheses, where it then cannot go on.
 */
function findRefine({ input, close }: Source, lo: number, hi: number, token: string): number | undefined {
  if (hi - lo <= token.length || input[hi - 1] !== ')') return undefined;
  const at = input.lastIndexOf(token, hi - token.length);
  if (at <= lo) return undefined;
  if (close.get(at + token.length - 1) === hi - 1) return at;
  const name = token.slice(1, -1);
  const what = `faiss cannot read a "${name}(" that closes before the end`;
  throw new SyntaxFault(at + 1, ['RFlat', '","'], what);
}

function refineOf(
  source: Source,
  kind: 'Refine' | 'RefinePanorama',
  lo: number,
  hi: number,
  at: number,
  depth: number,
): FactorySpec {
  const inner = at + kind.length + 2;
  const base = parseIndex(source, lo, at, depth);
  return { kind, base, refine: parseIndex(source, inner, hi - 1, depth) };
}

function parsePreTransform(source: Source, lo: number, hi: number, depth: number): FactorySpec | undefined {
  const { transforms, next } = parseTransforms(source.input, lo, hi);
  if (transforms.length === 0) return undefined;
  return {
    kind: 'PreTransform',
    transforms: transforms as [TransformSpec, ...TransformSpec[]],
    base: parseIndex(source, next, hi, depth),
  };
}

type BasicRule = readonly [head: string, parse: (sc: Scanner, source: Source, depth: number) => FactorySpec];

/** A head stands before its own prefixes; of all others, one at most fits. */
const BASIC: readonly BasicRule[] = [
  ['FlatL2Panorama', (sc) => flatPanorama(sc, 'l2')],
  ['FlatIPPanorama', (sc) => flatPanorama(sc, 'ip')],
  ['Flat', () => ({ kind: 'Flat' })],
  ['IVF', (sc, source, depth) => parseIvf(sc, (s) => parenthesised(s, source, depth))],
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
  ['MinMaxFP16,', (sc, source, depth) => rowwiseMinMax(sc, source, depth, 'RowwiseMinMaxFp16')],
  ['MinMax,', (sc, source, depth) => rowwiseMinMax(sc, source, depth, 'RowwiseMinMax')],
];

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

function parseBasic(source: Source, lo: number, hi: number, depth: number): FactorySpec {
  const sc = new Scanner(source.input, lo, hi);
  for (const wrapper of ['IDMap2,', 'IDMap,'])
    if (sc.take(wrapper)) sc.fail('expected an index', INDEX_LABELS);
  const rule = BASIC.find(([head]) => sc.at(head));
  if (rule === undefined) return sc.fail('expected an index', INDEX_LABELS);
  sc.pos += rule[0].length;
  const spec = rule[1](sc, source, depth);
  sc.finish();
  return spec;
}

function parenthesised(sc: Scanner, source: Source, depth: number): FactorySpec {
  const open = sc.pos;
  const shut = source.close.get(open) as number;
  const index = parseIndex(source, open + 1, shut, depth);
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
  source: Source,
  depth: number,
  kind: 'RowwiseMinMax' | 'RowwiseMinMaxFp16',
): FactorySpec {
  const paren = sc.input.indexOf('(', sc.pos);
  if (paren >= 0 && paren < sc.end) {
    sc.fail('faiss cannot read parentheses in MinMax', ['","'], paren);
  }
  const base = parseIndex(source, sc.pos, sc.end, depth);
  sc.pos = sc.end;
  return { kind, base };
}

/** @throws LutraError `ARGUMENT` if `s` is no string */
export function assertString(s: unknown): asserts s is string {
  if (typeof s !== 'string') {
    throw new LutraError('ARGUMENT', `factory: expected a string, got ${typeof s}`, {
      argument: 's',
      value: s,
      expected: 'a string',
    });
  }
}
