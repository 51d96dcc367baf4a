import type { Metric } from '@lutra/core';
import { LutraError } from '@lutra/core';

/** faiss warns below this many training rows a centroid. */
const MIN_ROWS_PER_CENTROID = 39;

/** faiss samples k-means down to this many training rows a centroid. */
export const MAX_ROWS_PER_CENTROID = 256;

/** Rows that a plain statistic is taken of: ranges, means, medians. faiss caps it only for scalar quantizers in an IVF. */
export const MAX_ROWS_OF_STATISTIC = 100_000;

/** What one token of a factory string does to a vector of the dimension that reaches it. */
export interface FactoryToken {
  /** As it stands in the canonical string, e.g. `OPQ16_64`, `IVF1024_HNSW32`, `PQ16x4fsr`. */
  readonly text: string;
  /** Kind of the spec node, as {@link specKinds} names it. */
  readonly kind: string;
  /** How many parentheses the token stands in. */
  readonly depth: number;
  /** Whether it sees the index's vectors, or only the centroids of the IVF around it. */
  readonly holds: 'vectors' | 'centroids';
  /** Dimension of what comes in. */
  readonly d: number;
  /** Dimension of what goes on to the next token; `d` but for transforms. */
  readonly dOut: number;
  /** Bytes of one vector's code. */
  readonly codeBytes: number;
  /** Bytes of one vector's id. */
  readonly idBytes: number;
  /** Bytes of one vector's graph links, on average. */
  readonly linkBytes: number;
  /** Whether the token learns anything. */
  readonly trains: boolean;
  /** Fewer training rows than this and training fails; 0 if the token does not train. */
  readonly minTrainRows: number;
  /** Fewer than this and faiss warns: 39 a centroid. */
  readonly recommendedTrainRows: number;
  /** More than this are sampled down to it; 0 if the token does not train. */
  readonly maxTrainRows: number;
  /** What the token does, and what each of its numbers says, in a sentence without a full stop. */
  readonly meaning: string;
  /** What else a user should know. */
  readonly note?: string;
}

/** Where the check stands: the dimension and metric that reach a node. */
export interface Place {
  readonly d: number;
  readonly metric: Metric;
  readonly depth: number;
  readonly holds: 'vectors' | 'centroids';
  readonly tokens: FactoryToken[];
}

/** What a token says of itself; whatever is left out is 0. */
export interface Facts {
  readonly kind: string;
  readonly dOut?: number;
  readonly codeBytes?: number;
  readonly idBytes?: number;
  readonly linkBytes?: number;
  /** Centroids of its largest k-means. */
  readonly centroids?: number;
  readonly minRows?: number;
  readonly maxRows?: number;
  readonly note?: string | undefined;
}

/** Adds a token to the list. */
export function tell(place: Place, text: string, facts: Facts, meaning: string): void {
  const centroids = facts.centroids ?? 0;
  const minTrainRows = Math.max(facts.minRows ?? 0, centroids);
  place.tokens.push({
    text,
    kind: facts.kind,
    depth: place.depth,
    holds: place.holds,
    d: place.d,
    dOut: facts.dOut ?? place.d,
    codeBytes: facts.codeBytes ?? 0,
    idBytes: facts.idBytes ?? 0,
    linkBytes: facts.linkBytes ?? 0,
    trains: minTrainRows > 0,
    minTrainRows,
    recommendedTrainRows: Math.max(minTrainRows, MIN_ROWS_PER_CENTROID * centroids),
    maxTrainRows: minTrainRows > 0 ? (facts.maxRows ?? MAX_ROWS_PER_CENTROID * centroids) : 0,
    meaning,
    ...(facts.note !== undefined && { note: facts.note }),
  });
}

/** @throws LutraError `ARGUMENT`, naming the token, d and what is wrong */
export function refuseAt(place: Place, text: string, problem: string, expected: string): never {
  throw new LutraError('ARGUMENT', `factory: ${text} at d ${place.d}, metric ${place.metric}: ${problem}`, {
    argument: 'spec',
    value: text,
    expected,
  });
}

/** Refuses unless `value` is in `[min, max]`. */
export function within(
  place: Place,
  text: string,
  name: string,
  value: number,
  min: number,
  max: number = Infinity,
): void {
  if (value >= min && value <= max) return;
  const range = max === Infinity ? `at least ${min}` : `in [${min}, ${max}]`;
  refuseAt(place, text, `${name} must be ${range}, got ${value}`, `${name} ${range}`);
}

/** Refuses unless `divisor`, at least 1, divides `value`. */
export function divides(
  place: Place,
  text: string,
  name: string,
  divisor: number,
  value: number,
  what: string,
): void {
  within(place, text, name, divisor, 1);
  if (value % divisor === 0) return;
  const problem = `${what} ${value} must be a multiple of ${name} ${divisor}, leaves ${value % divisor}`;
  refuseAt(place, text, problem, `${name} that divides ${value}`);
}

/** Refuses any metric but these. */
export function onlyMetrics(place: Place, text: string, allowed: readonly Metric[], why: string): void {
  if (allowed.includes(place.metric)) return;
  refuseAt(place, text, why, `metric ${allowed.join(' or ')}`);
}
