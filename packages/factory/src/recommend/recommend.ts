import { type Backend, type BackendSupports, isMetric, LutraError } from '@lutra/core';
import { type CheckedFactory, checkFactory } from '../check.js';
import { parseFactory } from '../parse-factory.js';
import { type Candidate, candidates } from './candidates.js';
import type { RecommendationSource } from './sources.js';
import { estimateWork, type SearchWork, type StartParameters } from './work.js';

/** What the set is like and what is wanted of its index. */
export interface RecommendOptions {
  /** Vectors, now or soon. */
  readonly n: number;
  /** Dimension. */
  readonly d: number;
  /** `l2` unless told; `cosine` is inner product over vectors of length 1. */
  readonly metric?: 'l2' | 'ip' | 'cosine';
  /** Results a query, 10 unless told. */
  readonly k?: number;
  /** Bytes that the index may take. */
  readonly memoryBytes?: number;
  /** The recall wanted, 0 to 1; 0.95 unless told. */
  readonly targetRecall?: number;
  /** Milliseconds a query may take on one thread, by an assumed {@link ASSUMED_BYTES_PER_MS}. */
  readonly targetLatencyMs?: number;
  /** Whether vectors keep coming after the training. */
  readonly grows?: boolean;
  /** Whether every answer must be right. */
  readonly exact?: boolean;
  /**
   * Engines to ask, in this order: what one of them builds, and holds, comes first. Without, nothing is said about engines.
   */
  readonly backends?: readonly RecommendBackend[];
}

/** What is asked of an engine: whether it builds a string, and how large an index it holds. */
export interface RecommendBackend extends Pick<Backend, 'name' | 'refuses'> {
  readonly supports?: Pick<BackendSupports, 'maxBytes'>;
}

/** A factory string and what speaks for it. */
export interface Recommendation {
  /** Parses, and is checked against d and metric. */
  readonly factory: string;
  readonly bytesPerVector: number;
  /** `n · bytesPerVector` and the centroids of the lists. */
  readonly totalBytes: number;
  /** Rows to train with: fewer than `least` make poor centroids, more than `most` are not used. Both 0 without training. */
  readonly trainRows: { readonly least: number; readonly most: number };
  /** Search parameters to start measuring with. */
  readonly start: StartParameters;
  /** What a query costs with them, estimated. */
  readonly work: SearchWork;
  /** Recall that no search parameter goes beyond, roughly: what the code can tell apart. */
  readonly recallCeiling: number;
  readonly reason: string;
  /** Keys of `RECOMMENDATION_SOURCES`. */
  readonly sources: readonly RecommendationSource[];
  /** The first of `backends` that builds it and holds so many bytes; null if none does, undefined if none was asked. */
  readonly backend: string | null | undefined;
  /** What was wanted and is not given, in words; empty for all but the last resorts. */
  readonly misses: readonly string[];
}

/** What one thread is assumed to read, for `targetLatencyMs` alone: 2 GB a second. */
export const ASSUMED_BYTES_PER_MS = 2_000_000;

/** Sets up to here are searched exhaustively before an index pays. */
const SMALL = 10_000;
const LAST_RESORTS = 5;
const LIMIT = 2 ** 31;

/**
 * Factory strings for a set, best first, each with its memory, training rows, estimated work, reason and source. From
 * what is known without a look at the vectors: rules and published figures. What a string really gives, `@lutra/tune`
 * measures.
 *
 * Only those that do what is wanted: a small set's `Flat` first, then what one of `backends` builds, then what reads least
 * for a query; one or two of a kind. If none does, those that come nearest, each saying what it misses.
 * @throws LutraError `ARGUMENT`
 */
export function recommend(options: RecommendOptions): Recommendation[] {
  const wanted = validated(options);
  const found: Ranked[] = [];
  for (const candidate of candidates(wanted.n, wanted.d, wanted.grows)) {
    const ranked = assess(candidate, wanted);
    if (ranked) found.push(ranked);
  }
  const able = found.filter(({ misses }) => misses.length === 0);
  const shown = able.length > 0 ? able : found;
  const ranked = firstOfEach(shown.sort(compare(wanted)));
  const kept = able.length > 0 ? ranked : ranked.slice(0, LAST_RESORTS);
  return kept.map(({ family: _, ...recommendation }) => recommendation);
}

interface Wanted extends Omit<RecommendOptions, 'metric'> {
  readonly metric: 'l2' | 'ip';
  readonly k: number;
  readonly grows: boolean;
  readonly recall: number;
}

interface Ranked extends Recommendation {
  readonly family: Candidate['family'];
}

function assess(candidate: Candidate, wanted: Wanted): Ranked | undefined {
  const { n, d, metric, backends } = wanted;
  const spec = parseFactory(candidate.factory);
  const checked = checkFactory(spec, { d, metric });
  if (n < checked.recommendedTrainRows) return undefined;
  const totalBytes = n * checked.bytesPerVector + centroidBytes(checked, candidate);
  const { start, work } = estimateWork(candidate, wanted);
  const builders = backends?.filter((b) => b.refuses(spec, { d, metric }) === undefined);
  const backend = builders && (builders.find((b) => totalBytes <= maxBytesOf(b))?.name ?? null);
  const given = { ...candidate, totalBytes, work, backend };
  return {
    factory: checked.text,
    bytesPerVector: checked.bytesPerVector,
    totalBytes,
    trainRows: { least: checked.recommendedTrainRows, most: Math.min(n, checked.maxTrainRows) },
    start,
    work,
    recallCeiling: candidate.ceiling,
    reason: backend === null ? candidate.reason + tooLarge(builders!) : candidate.reason,
    sources: candidate.sources,
    backend,
    misses: missesOf(given, wanted),
    family: candidate.family,
  };
}

function maxBytesOf({ supports }: RecommendBackend): number {
  return supports?.maxBytes ?? Infinity;
}

/** In words, which backends would build it if it were smaller. */
function tooLarge(builders: readonly RecommendBackend[]): string {
  return builders.map((b) => `; more than ${b.name} holds in an index, ${maxBytesOf(b)} bytes`).join('');
}

function centroidBytes(checked: CheckedFactory, { coarse }: Candidate): number {
  if (coarse === undefined) return 0;
  const d = checked.tokens.find((token) => token.kind === 'Ivf')?.d ?? checked.d;
  // the graph over the centroids has 64 links on its lowest level
  return coarse.nlist * (4 * d + (coarse.graph ? 272 : 0));
}

function missesOf(
  given: { ceiling: number; totalBytes: number; work: SearchWork; factory: string },
  { memoryBytes = Infinity, recall, targetRecall, targetLatencyMs = Infinity, exact }: Wanted,
): string[] {
  const misses: string[] = [];
  const milliseconds = given.work.bytes / ASSUMED_BYTES_PER_MS;
  if (exact && given.factory !== 'Flat') misses.push('is not exact');
  if (given.totalBytes > memoryBytes) {
    misses.push(`takes ${given.totalBytes} bytes, more than ${memoryBytes}`);
  }
  if (targetRecall !== undefined && given.ceiling < recall) {
    misses.push(`reaches a recall of about ${given.ceiling.toFixed(2)}, less than ${recall}`);
  }
  if (milliseconds > targetLatencyMs) {
    misses.push(`reads for about ${milliseconds.toPrecision(2)} ms a query, more than ${targetLatencyMs}`);
  }
  return misses;
}

/** Reads at random places, as a graph makes them, cost about four times those of a list. */
const RANDOM_READS = 4;

function compare(wanted: Wanted): (a: Ranked, b: Ranked) => number {
  const { n, targetRecall, recall, memoryBytes = Infinity } = wanted;
  const cost = (r: Ranked): number => r.work.bytes * (r.family === 'graph' ? RANDOM_READS : 1);
  // without a recall asked for, what loses neighbours by itself comes after what does not
  const least = targetRecall === undefined ? 0.99 : recall;
  const keys: ((r: Ranked) => number)[] = [
    (r) => Math.max(0, r.totalBytes - memoryBytes),
    (r) => (r.misses.length > 0 ? Math.max(0, least - r.recallCeiling) : 0),
    (r) => r.misses.length,
    (r) => (n <= SMALL && r.family === 'flat' ? 0 : 1),
    (r) => (r.backend === null ? 1 : 0),
    (r) => Math.max(0, least - r.recallCeiling),
    cost,
    (r) => r.totalBytes,
  ];
  return (a, b) => {
    for (const key of keys) {
      const difference = key(a) - key(b);
      if (difference !== 0) return difference;
    }
    return 0;
  };
}

/** The first of each kind: a kind of many sizes or list counts would fill the list. */
function firstOfEach(ranked: readonly Ranked[]): Ranked[] {
  const seen = new Map<string, number>();
  return ranked.filter(({ family, backend }) => {
    const key = `${family} ${backend === null}`;
    const before = seen.get(key) ?? 0;
    seen.set(key, before + 1);
    return before < MOST_OF_A_KIND[family];
  });
}

const MOST_OF_A_KIND: Readonly<Record<Candidate['family'], number>> = {
  ...{ flat: 1, 'ivf-flat': 1, 'fast-scan-refined': 1, graph: 1, scalar: 1, bits: 1 },
  ...{ 'fast-scan': 2, product: 2 },
};

function validated(options: RecommendOptions): Wanted {
  const { n, d, metric = 'l2', k = 10, targetRecall, targetLatencyMs, memoryBytes, grows = false } = options;
  assertNumber('n', n, 1, Number.MAX_SAFE_INTEGER, true);
  assertNumber('d', d, 1, LIMIT - 1, true);
  assertNumber('k', k, 1, LIMIT - 1, true);
  if (targetRecall !== undefined) assertNumber('targetRecall', targetRecall, 0, 1, false);
  if (memoryBytes !== undefined) assertNumber('memoryBytes', memoryBytes, 0, Infinity, false);
  if (targetLatencyMs !== undefined) assertNumber('targetLatencyMs', targetLatencyMs, 0, Infinity, false);
  if (metric !== 'cosine' && !(isMetric(metric) && (metric === 'l2' || metric === 'ip'))) {
    throw argument('metric', metric, 'l2, ip or cosine');
  }
  const kept = metric === 'l2' ? 'l2' : 'ip';
  return { ...options, n, d, k, grows, metric: kept, recall: targetRecall ?? 0.95 };
}

function assertNumber(name: string, value: unknown, min: number, max: number, whole: boolean): void {
  const number = typeof value === 'number' && value >= min && value <= max;
  if (number && (!whole || Number.isInteger(value))) return;
  const range = max === Infinity ? `of at least ${min}` : `from ${min} to ${max}`;
  throw argument(name, value, `a${whole ? ' whole' : ''} number ${range}`);
}

function argument(name: string, value: unknown, expected: string): LutraError {
  return new LutraError('ARGUMENT', `recommend: ${name} must be ${expected}, got ${String(value)}`, {
    argument: name,
    value,
    expected,
  });
}
