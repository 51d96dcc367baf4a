import { isLutraError, type Metric } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { Engine } from '../engine.js';
import { Int8Queries, type Int8Query } from '../int8-queries.js';

/** Records begin on a line of the cache. */
const LINE = 64;
/** Slack on growth, for rows that come a few at a time. */
const GROWTH = 1.25;
/** Rows that one call encodes. */
const ROWS_A_CALL = 1024;
/** Shorter rows are compared as soon as their bounds would be computed. */
const LEAST_D = 32;
/** Fewer rows than this are in the cache of the processor in any form. */
const LEAST_ROWS = 1024;

/** What another thread needs to use the records as they are, over the same memory. */
export interface GraphRecordsState {
  readonly kind: 'graph';
  readonly records: Ptr;
  readonly mean: Ptr;
  readonly meanNorm: number;
  readonly rows: number;
}

/**
 * A second form of the vectors of a graph, a byte a component: bounds that say of most neighbours that they are too far to
 * matter, so that only the others are read in full and the results are the very same. A quarter more memory, a record a vector.
 */
export class GraphRecords {
  readonly #engine: Engine;
  readonly #d: number;
  readonly #bytes: number;
  readonly #bounded: boolean;
  readonly #queries: Int8Queries;
  #room: Ptr = 0;
  #capacity = 0;
  #at: Ptr = 0;
  #rows = 0;
  /** False when there was no memory for them, or they are another thread's. */
  #makes = true;

  /** @param options.floats - the rows are float32, which there are bounds for */
  constructor(engine: Engine, d: number, metric: Metric, { floats = true }: { floats?: boolean } = {}) {
    this.#engine = engine;
    this.#d = d;
    this.#bytes = Math.ceil(d / 16) * 16 + 16;
    this.#bounded = floats && (metric === 'l2' || metric === 'ip');
    this.#queries = new Int8Queries(engine, d, metric);
  }

  /** Whether there are bounds, and they would spare anything in a graph of n rows. */
  pay(n: number): boolean {
    return this.#bounded && this.#engine.kernels.level !== 'scalar' && this.#d >= LEAST_D && n >= LEAST_ROWS;
  }

  /** Where the record of the first row is; 0 unless all of n rows have one. */
  of(n: number): Ptr {
    return this.#rows === n ? this.#at : 0;
  }

  /** What another thread needs; undefined without records. */
  get state(): GraphRecordsState | undefined {
    const { mean, meanNorm } = this.#queries;
    if (this.#at === 0) return undefined;
    return { kind: 'graph', records: this.#at, mean, meanNorm, rows: this.#rows };
  }

  /** Takes over what another thread has made of the same rows, and then makes none itself. */
  adopt({ records, mean, meanNorm, rows }: GraphRecordsState): void {
    this.#at = records;
    this.#queries.mean = mean;
    this.#queries.meanNorm = meanNorm;
    this.#rows = rows;
    this.#makes = false;
  }

  weigh(x: Ptr): Int8Query {
    return this.#queries.weigh(x, true);
  }

  /** Makes the records that are missing, of rows f32 `(n, d)`; without memory for them there are none. */
  takeIn(rows: Ptr, n: number): void {
    if (this.#rows >= n || !this.#makes) return;
    try {
      if (this.#queries.mean === 0) this.#queries.center(n, (i) => rows + 4 * i * this.#d);
      this.#makeRoom(n);
    } catch (e) {
      if (!isLutraError(e, 'CAPACITY')) throw e;
      this.clear();
      this.#makes = false;
      return;
    }
    const { kernels } = this.#engine;
    const rowBytes = this.#d * 4;
    // a call that encodes all would run to its end in the code that V8 starts with
    for (let at = this.#rows; at < n; at += ROWS_A_CALL) {
      const out = this.#at + at * this.#bytes;
      kernels.int8Records(
        rows + at * rowBytes,
        Math.min(ROWS_A_CALL, n - at),
        this.#d,
        this.#queries.mean,
        out,
      );
    }
    this.#rows = n;
  }

  /** Room for n records; those that there are may have to be made again. */
  #makeRoom(n: number): void {
    if (n <= this.#capacity) return;
    const { memory } = this.#engine;
    const capacity = this.#capacity === 0 ? n : Math.max(n, Math.ceil(this.#capacity * GROWTH));
    memory.free(this.#room);
    this.#room = 0;
    this.#capacity = 0;
    this.#rows = 0;
    this.#room = memory.alloc(capacity * this.#bytes + LINE);
    this.#at = Math.ceil(this.#room / LINE) * LINE;
    this.#capacity = capacity;
  }

  /** Forgets the records from row n on. */
  truncate(n: number): void {
    this.#rows = Math.min(this.#rows, n);
  }

  /** Forgets everything. */
  clear(): void {
    this.#engine.memory.free(this.#room);
    this.#queries.clear();
    this.#room = 0;
    this.#capacity = 0;
    this.#at = 0;
    this.#rows = 0;
    this.#makes = true;
  }
}
