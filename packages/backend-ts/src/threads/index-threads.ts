import {
  assertNotAborted,
  type BinarySearchParameters,
  type IdSelector,
  type SearchParameters,
  type SearchResult,
} from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import { type Kept, WholeSearch } from '../division.js';
import type { BoundsState, Engine } from '../engine.js';
import { searchInSteps } from '../k-nearest.js';
import { cut, type IndexNode, type Prepared, type Vectors } from '../node.js';
import { nodeParameters } from '../parameters.js';
import { QUERIES_AT_ONCE } from '../selection.js';
import type { MovableRows } from './messages.js';
import type { WorkerLike } from './node-threads.js';
import { type PackedIndex, packIndex } from './pack-index.js';
import { inOrder, type PoolJob, runJobs, ThreadPool } from './thread-pool.js';
import { TrainingThreads } from './training-threads.js';
import type { WorkerLink } from './worker-link.js';

/** Ends the workers of indexes that nobody disposed of. */
const forgotten = new FinalizationRegistry<ThreadPool>((pool) => pool.dispose());

/** Queries of a job at most: as many as share what is read of the index. */
const MOST_QUERIES = QUERIES_AT_ONCE;
/** And at least, where there are enough: what a message costs is little beside them. */
const LEAST_QUERIES = 32;
/** The part of the queries left that goes out in a round: what remains makes up for a worker that is slower. */
const PART_A_ROUND = 0.9;
/** Jobs of so few queries that each worker gets this many. */
const JOBS_A_WORKER = 4;
/** Rows of a job of an addition. */
const PIECE_ROWS = 2048;

/**
 * The other threads of one index. Each has a tree of nodes of its own over the memory of the index, renewed before the
 * first job after a change; the searches themselves are those of one thread, query by query.
 */
export class IndexThreads<V extends Vectors = Float32Array> {
  readonly #engine: Engine;
  readonly #root: IndexNode<V>;
  readonly #spawn: () => WorkerLike | undefined;
  readonly #divideFrom: number;
  /** Made when it is wanted: the registry keeps it, and with it the memory, until after the index is collected. */
  #started: ThreadPool | undefined;
  #sketches = false;
  #version = 0;
  #packed: PackedIndex | undefined;
  #bounds: Map<Ptr, BoundsState> | undefined;
  /** The state of the index that each worker has, or will have once it is `ready`. */
  readonly #states = new WeakMap<WorkerLink, { version: number; ready: Promise<unknown> }>();
  #calls = 0;

  /** @param options - as `ts` takes them */
  constructor(engine: Engine, root: IndexNode<V>, { spawn, divideFrom }: IndexThreadsOptions) {
    this.#divideFrom = divideFrom;
    this.#engine = engine;
    this.#root = root;
    this.#spawn = spawn;
  }

  get #pool(): ThreadPool {
    if (this.#started) return this.#started;
    this.#started = new ThreadPool(this.#spawn, this.#engine.kernels);
    forgotten.register(this, this.#started, this);
    return this.#started;
  }

  /** Whether a search of `nq` queries for the k best goes to threads: what a function decides stays on its thread. */
  splits(nq: number, k: number, parameters: SearchParameters & BinarySearchParameters): boolean {
    const { threads = 1, filter } = parameters;
    const helps = threads > 1 && (nq > 1 || this.#divides(nq, k, parameters));
    const { kernels, hasListsOnDisk } = this.#engine;
    return helps && kernels.handle !== undefined && !hasListsOnDisk && !hasPredicate(filter);
  }

  /** Whether each of so few queries is work for all threads, by what they read of lists or rows. */
  #divides(nq: number, k: number, parameters: SearchParameters): boolean {
    const { threads = 1, nprobe, kFactor, efSearch, sketches, filter } = parameters;
    if (nq >= threads) return false;
    const most = Math.min(k, this.#root.ntotal);
    const node = { nprobe, kFactor, efSearch, sketches, filter: filter && passes };
    const nanos = this.#root.dividedNanos?.(most, node) ?? 0;
    return nanos > 0 && nanos >= this.#divideFrom * 1e6;
  }

  /** The index has changed: workers have an old state. */
  changed(): void {
    this.#version++;
    this.#packed = undefined;
    this.#bounds = undefined;
  }

  /** Searches x, `(nq, d)`, into `out`; the same results as without threads. */
  async search(
    x: V,
    parameters: SearchParameters & BinarySearchParameters,
    out: SearchResult,
  ): Promise<void> {
    const { nprobe, kFactor, efSearch, nflip, sketches, filter, signal, threads = 1 } = parameters;
    const { nq, k } = out;
    const divides = this.#divides(nq, k, parameters);
    const links = this.#pool.workers(divides ? threads : Math.min(threads, nq));
    const call = this.#calls++;
    this.#wantSketches(sketches);
    await this.#update(links);
    const search = { nprobe, kFactor, efSearch, nflip, sketches, filter: filter && plainSelector(filter), k };
    for (const link of links) link.tell({ kind: 'open', call, search });
    try {
      const parts: (readonly Kept[])[] = [];
      const jobs = divides ? partJobs(call, x, parts, links.length) : searchJobs(call, x, out, links.length);
      await runJobs(links, jobs, () => assertNotAborted(signal));
      if (divides) this.#putTogether(x, parts, parameters, out);
    } finally {
      for (const link of links) link.tell({ kind: 'close', call });
    }
  }

  /** Has workers get sketches, which are then made for all, with the next update. */
  #wantSketches(wanted: boolean | undefined): void {
    if (!wanted || this.#sketches) return;
    this.#sketches = true;
    this.#engine.sketches = true;
    this.changed();
  }

  /** The end of a divided search: what one thread does with candidates, all of them at hand. */
  #putTogether(
    x: V,
    parts: readonly (readonly Kept[])[],
    parameters: SearchParameters,
    out: SearchResult,
  ): void {
    const whole = { ...nodeParameters(parameters), division: new WholeSearch(parts) };
    for (const _ of searchInSteps(this.#root, x, whole, out));
  }

  /**
   * The rows of `blocks` in pieces, with what the index needs to add them, or the lists that they belong to, found out by
   * workers; in order. Needs {@link canPrepare}.
   * @param seen - the lists of each piece, if they are known
   */
  async *prepare(
    blocks: AsyncIterable<V>,
    { d, threads, kind, seen }: PrepareOptions,
  ): AsyncGenerator<{ x: V; prepared: Prepared }> {
    const links = this.#pool.workers(threads);
    await this.#update(links);
    for await (const { x, prepared } of inOrder(links, prepareJobs(blocks, d, kind, seen))) {
      yield { x: x as unknown as V, prepared: prepared! };
    }
  }

  /** The workers for a training with `threads` threads; undefined where one has to do. */
  training(threads: number | undefined, signal: AbortSignal | undefined): TrainingThreads | undefined {
    if (!this.canPrepare(threads)) return undefined;
    // they forget the index for it
    this.changed();
    return new TrainingThreads(this.#pool.workers(threads), signal);
  }

  /** Whether work can be given to `threads` threads here. */
  canPrepare(threads: number | undefined): threads is number {
    return threads !== undefined && threads > 1 && this.#engine.kernels.handle !== undefined;
  }

  /** Brings the workers to the state of the index. */
  async #update(links: readonly WorkerLink[]): Promise<void> {
    const { memory } = this.#engine;
    for (const link of links) {
      if (this.#states.get(link)?.version === this.#version) continue;
      this.#bounds ??= boundsOf(this.#engine);
      this.#packed ??= packIndex(this.#root.toData(), memory);
      const ready = link.ask({ kind: 'load', index: this.#packed, bounds: this.#bounds });
      this.#states.set(link, { version: this.#version, ready });
      ready.catch(() => this.#states.delete(link));
    }
    // all of them, also when one fails: memory that workers may read stays as it is until they are done
    const ends = await Promise.allSettled(links.map((link) => this.#states.get(link)?.ready));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  /** Ends the workers. */
  dispose(): void {
    this.#started?.dispose();
    this.#started = undefined;
    forgotten.unregister(this);
  }
}

export interface IndexThreadsOptions {
  readonly spawn: () => WorkerLike | undefined;
  /** Milliseconds of one thread from which a search is divided. */
  readonly divideFrom: number;
}

/** Everything that the engine's rows have made to be searched by. */
function boundsOf(engine: Engine): Map<Ptr, BoundsState> {
  const bounds = new Map<Ptr, BoundsState>();
  for (const share of engine.sharedBounds) {
    const shared = share();
    if (shared) bounds.set(shared.at, shared.state);
  }
  return bounds;
}

/** How rows are to be prepared. */
export interface PrepareOptions {
  readonly d: number;
  readonly threads: number;
  readonly kind: 'assign' | 'prepare';
  readonly seen?: readonly Uint32Array[] | undefined;
}

async function* prepareJobs<V extends Vectors>(
  blocks: AsyncIterable<V>,
  d: number,
  kind: 'assign' | 'prepare',
  seen: readonly Uint32Array[] | undefined,
): AsyncGenerator<Pick<PoolJob, 'job' | 'transfer'>> {
  let piece = 0;
  for await (const block of blocks) {
    for (let at = 0; at < block.length; at += PIECE_ROWS * d) {
      // a copy: the block may be the caller's, or be filled anew for the next
      const x = copyOf(cut(block, at, at + PIECE_ROWS * d));
      yield { job: { kind, x, assign: seen?.[piece++] }, transfer: [x.buffer] };
    }
  }
}

/**
 * Queries `[q, q + size)` of each job. In each round every worker gets a job, of equal sizes, which together are a part of what
 * is left: large ones first, as their queries share work, and small ones last, so that workers end together.
 * @see Hummel, Schonberg & Flynn 1992, "Factoring: a method for scheduling parallel loops"
 */
export function* shares(nq: number, workers: number): Generator<{ q: number; size: number }> {
  const least = Math.max(1, Math.min(LEAST_QUERIES, Math.ceil(nq / (workers * JOBS_A_WORKER))));
  let size = 0;
  for (let q = 0, job = 0; q < nq; job++) {
    const round = Math.ceil(((nq - q) * PART_A_ROUND) / workers);
    if (job % workers === 0) size = Math.min(MOST_QUERIES, Math.max(least, round));
    const most = Math.min(size, nq - q);
    yield { q, size: most };
    q += most;
  }
}

function* searchJobs(call: number, x: Vectors, out: SearchResult, workers: number): Generator<PoolJob> {
  const { nq, k } = out;
  const d = x.length / nq;
  for (const { q, size } of shares(nq, workers)) {
    const queries = copyOf(x.subarray(q * d, (q + size) * d));
    yield {
      job: { kind: 'search', call, x: queries },
      transfer: [queries.buffer],
      done: ({ distances, labels }) => {
        out.distances.set(distances!, q * k);
        out.labels.set(labels!, q * k);
      },
    };
  }
}

/** A share of the search for each worker. */
function* partJobs(
  call: number,
  x: Vectors,
  parts: (readonly Kept[])[],
  workers: number,
): Generator<PoolJob> {
  for (let part = 0; part < workers; part++) {
    const queries = copyOf(x);
    yield {
      job: { kind: 'part', call, x: queries, share: { part, of: workers } },
      transfer: [queries.buffer],
      done: ({ kept }) => parts.push(kept!),
    };
  }
}

const passes = (): boolean => true;
/** A copy in memory of its own. */
function copyOf(x: Vectors): MovableRows {
  return x instanceof Uint8Array ? new Uint8Array(x) : new Float32Array(x);
}

function hasPredicate(selector: IdSelector | undefined): boolean {
  switch (selector?.kind) {
    case 'predicate':
      return true;
    case 'not':
      return hasPredicate(selector.selector);
    case 'and':
    case 'or':
      return selector.selectors.some(hasPredicate);
    default:
      return false;
  }
}

/** `selector` as a message can carry it: lists of ids may be any array-like thing. */
function plainSelector(selector: IdSelector): IdSelector {
  switch (selector.kind) {
    case 'list':
      return { kind: 'list', ids: Float64Array.from(selector.ids) };
    case 'not':
      return { kind: 'not', selector: plainSelector(selector.selector) };
    case 'and':
    case 'or':
      return { kind: selector.kind, selectors: selector.selectors.map(plainSelector) };
    default:
      return selector;
  }
}
