import type {
  CoarseSpec,
  CodecSpec,
  FactorySpec,
  IvfSpec,
  SpectralHashSpec,
  TwoLayerSpec,
} from '@lutra/core';
import { DEFAULT_LEVELS, DEFAULT_LINKS } from './parse-graph.js';
import {
  DEFAULT_BBS,
  parseAdditive,
  parseEden,
  parsePqTail,
  parseRaBitQ,
  parseRaBitQFastScan,
  parseSq,
} from './parse-quantizer.js';
import type { Scanner } from './scanner.js';

/** faiss's period of a spectral hash where the string has none: so long that only the sign counts. */
export const DEFAULT_PERIOD = -1e10;

/** What follows `IVF`. `inner` parses the index between the parenthesis at `pos` and its partner, and moves behind it. */
export function parseIvf(sc: Scanner, inner: (sc: Scanner) => FactorySpec): IvfSpec {
  let nlist = sc.int('nlist');
  if (sc.take('k')) nlist *= 1024;
  else if (sc.take('M')) nlist *= 1024 * 1024;
  const coarse = parseCoarse(sc, inner);
  if (!sc.take(',', '","')) sc.fail();
  const codec = parseCodec(sc);
  return { kind: 'Ivf', nlist, coarse, codec };
}

function parseCoarse(sc: Scanner, inner: (sc: Scanner) => FactorySpec): CoarseSpec {
  if (sc.take('_HNSW')) return { kind: 'Hnsw', M: sc.optionalInt('M') ?? DEFAULT_LINKS };
  if (sc.take('_NSG', '_NSG<R>')) return { kind: 'Nsg', R: sc.int('R') };
  if (sc.at('(')) return { kind: 'Index', index: inner(sc) };
  sc.want('(<index>)');
  return { kind: 'Flat' };
}

/** What follows `IMI2x`. */
export function parseImi(sc: Scanner): IvfSpec {
  const nbits = sc.int('nbits');
  if (!sc.take(',', '","')) sc.fail();
  const coarse = { kind: 'MultiIndex', M: 2, nbits } as const;
  return { kind: 'Ivf', nlist: 2 ** (2 * nbits), coarse, codec: parseCodec(sc) };
}

/** What follows `Residual`. */
export function parseTwoLayer(sc: Scanner): TwoLayerSpec {
  const first = sc.int('nlist');
  const coarse: TwoLayerSpec['coarse'] = sc.take('x', 'x<nbits>')
    ? { kind: 'MultiIndex', M: first, nbits: sc.int('nbits') }
    : { kind: 'Flat', nlist: first };
  if (!sc.take(',', '","')) sc.fail();
  if (!sc.take('PQ', 'PQ<M>')) sc.fail();
  const M = sc.int('M');
  return { kind: 'TwoLayer', coarse, M, nbits: sc.take('x', 'x<nbits>') ? sc.int('nbits') : 8 };
}

type CodecRule = readonly [head: string, label: string, parse: (sc: Scanner) => CodecSpec];

const additive =
  (quantizer: 'RQ' | 'LSQ' | 'PRQ' | 'PLSQ') =>
  (sc: Scanner): CodecSpec =>
    parseAdditive(sc, quantizer, true) as CodecSpec;

/** A head stands before its own prefixes. */
const CODECS: readonly CodecRule[] = [
  ['FlatDedup', 'FlatDedup', () => ({ kind: 'FlatDedup' })],
  ['FlatPanorama', 'FlatPanorama', panorama],
  ['Flat', 'Flat', () => ({ kind: 'Flat' })],
  ['SQ', 'SQ8', parseSq],
  ['PQ', 'PQ<M>', ivfPq],
  ['RQ', 'RQ<M>x<nbits>', additive('RQ')],
  ['LSQ', 'LSQ<M>x<nbits>', additive('LSQ')],
  ['PRQ', 'PRQ<nsplits>x<M>x<nbits>', additive('PRQ')],
  ['PLSQ', 'PLSQ<nsplits>x<M>x<nbits>', additive('PLSQ')],
  ['RaBitQfs', 'RaBitQfs', parseRaBitQFastScan],
  ['RaBitQ', 'RaBitQ', parseRaBitQ],
  ['EDEN', 'EDEN', parseEden],
  ['ITQ', 'ITQ<nbits>,SH', (sc) => spectralHash(sc, 'Itq')],
  ['PCAR', 'PCAR<nbits>,SH', (sc) => spectralHash(sc, 'PcaRotated')],
  ['PCA', 'PCA<nbits>,SH', (sc) => spectralHash(sc, 'Pca')],
];

/** What a codec in lists may begin with. */
export const CODEC_HEADS: readonly string[] = CODECS.map(([head]) => head);

/** In the order in which a reader would look for them. */
const CODEC_LABELS: readonly string[] = [
  'Flat',
  'SQ8',
  'PQ<M>',
  'PQ<M>x4fs',
  'FlatDedup',
  ...CODECS.slice(5).map(([, label]) => label),
  'FlatPanorama',
];

function parseCodec(sc: Scanner): CodecSpec {
  const rule = CODECS.find(([head]) => sc.at(head));
  if (rule === undefined) return sc.fail('expected a codec', CODEC_LABELS);
  sc.pos += rule[0].length;
  return rule[2](sc);
}

function panorama(sc: Scanner): CodecSpec {
  const levels = sc.optionalInt('levels') ?? DEFAULT_LEVELS;
  const batch = sc.underscoreInt('batch');
  return { kind: 'FlatPanorama', levels, ...(batch !== undefined && { batch }) };
}

function ivfPq(sc: Scanner): CodecSpec {
  const M = sc.int('M');
  if (sc.take('+', '+<M>')) return { kind: 'PqR', M, refineM: sc.int('M') };
  if (!sc.take('x4fs')) return parsePqTail(sc, M);
  const residual = sc.take('r');
  return { kind: 'PqFastScan', M, bbs: sc.underscoreInt('bbs') ?? DEFAULT_BBS, residual };
}

function spectralHash(sc: Scanner, transform: SpectralHashSpec['transform']): SpectralHashSpec {
  const nbits = sc.optionalInt('nbits');
  sc.expect(',SH');
  const start = sc.pos;
  const text = sc.takeWhile('-0123456789.e');
  const period = text === '' ? DEFAULT_PERIOD : parsePeriod(text);
  if (period === undefined) return sc.fail('expected a float32 period', ['<period>'], start);
  const letter = sc.takeOne(['g', 'c', 'm']);
  const threshold = letter === 'c' ? 'centroid' : letter === 'm' ? 'median' : 'global';
  return { kind: 'SpectralHash', transform, ...(nbits !== undefined && { nbits }), period, threshold };
}

const FLT_MIN = 2 ** -126;

/**
 * faiss gives the run of `-0-9.e` to C's strtof, which takes the longest number at its start and ignores the rest. A
 * number too large for float32 is refused, and so is one that underflows.
 */
export function parsePeriod(text: string): number | undefined {
  const match = Number.parseFloat(text);
  if (Number.isNaN(match)) return undefined;
  const narrow = Math.fround(match);
  if (!Number.isFinite(narrow)) return undefined;
  if (Math.abs(narrow) < FLT_MIN && hasNonZeroMantissa(text)) return undefined;
  return match;
}

/** parseFloat turns 1e-400 into 0, which strtof refuses and a written 0 is not. */
function hasNonZeroMantissa(text: string): boolean {
  const mantissa = /^-?[0-9]*\.?[0-9]*/u.exec(text)?.[0] ?? '';
  return /[1-9]/u.test(mantissa);
}
