import {
  type AddOptions,
  assertNotAborted,
  type BackendRefusal,
  type FactorySpec,
  type IdSelector,
  type IndexData,
  isSimilarity,
  LutraError,
  type Metric,
  type RangeSearchResult,
  type Rows,
  type SearchParameters,
  type SearchResult,
  type StoredParameters,
  type TrainOptions,
  type VectorIndex,
} from '@lutra/core';
import { checkFactory } from '@lutra/factory';
import { type Dress, dressed, keepsIds, undress } from '../data/bare.js';
import { withParameters } from '../data/parameters.js';
import { linksRows } from '../refusals.js';
import { addRows } from './add-rows.js';
import {
  assertAble,
  assertAddId,
  assertEnoughRows,
  assertQueries,
  assertRadius,
  assertSeed,
  assertThreads,
  busy,
  checkParameters,
} from './call-checks.js';
import { missingResults, type PlainSearch, searchFiltered, searchRange } from './growing-search.js';
import { type IdColumn, idsOf, positionsOf } from './id-column.js';
import { compileSelector } from './id-selector.js';
import { readIndexSync, writeIndexAsync } from './index-file.js';
import { assertOther, assertSameDress, movedIds } from './merging.js';
import { plainSearch } from './plain-search.js';
import { rowCount } from './row-blocks.js';
import type { Source, Supervisor } from './supervisor.js';
import { trainNative } from './train-native.js';
import { FAISS_SEED, trainingSample } from './training-sample.js';

/** Everything that {@link FaissIndex} starts from. */
export interface FaissIndexState {
  readonly supervisor: Supervisor;
  readonly d: number;
  readonly metric: Metric;
  readonly spec: FactorySpec;
  /** What the native side is made of: the spec without its id map. */
  readonly making: Extract<Source, { op: 'create' }>;
  readonly refusals: readonly BackendRefusal[];
  readonly dress: Dress;
  readonly ids: IdColumn;
  readonly parameters: StoredParameters;
  readonly isTrained: boolean;
  /** Those of the backend's options. */
  readonly threads: number | undefined;
}

/** An index about to be merged into another: its file, without id map, and what belongs beside. */
interface Given {
  readonly path: string;
  readonly ids: Float64Array | undefined;
  readonly n: number;
  readonly dress: Dress;
}

/** OpenMP threads of the native process: for additions whatever the call says, for searches that say nothing. */
interface ThreadsOfCalls {
  readonly add?: number;
  readonly search?: number | undefined;
}

const undisposed = new FinalizationRegistry<Supervisor>((supervisor) => supervisor.dispose());

/** The public index: checks every call once, keeps ids and search parameters, and has the rest done by the process. */
export class FaissIndex implements VectorIndex {
  readonly d: number;
  readonly metric: Metric;
  readonly spec: FactorySpec;
  readonly backend = 'faiss';
  readonly refusals: readonly BackendRefusal[];
  readonly #supervisor: Supervisor;
  readonly #making: FaissIndexState['making'];
  readonly #dress: Dress;
  readonly #ids: IdColumn;
  readonly #keepsIds: boolean;
  readonly #bytesPerVector: number;
  readonly #threads: ThreadsOfCalls;
  #parameters: StoredParameters;
  #isTrained: boolean;
  #disposed = false;
  /** What is under way: a change excludes everything else, searches exclude changes. */
  #changing: string | undefined;
  #searches = 0;

  constructor(state: FaissIndexState) {
    const { d, metric, spec } = state;
    this.d = d;
    this.metric = metric;
    this.spec = spec;
    this.refusals = state.refusals;
    this.#supervisor = state.supervisor;
    this.#making = state.making;
    this.#dress = state.dress;
    this.#ids = state.ids;
    this.#parameters = state.parameters;
    this.#isTrained = state.isTrained;
    // faiss links the rows of a graph as its threads come upon them: another graph each time, unless it is one thread
    this.#threads = linksRows(spec) ? { add: 1, search: state.threads } : {};
    this.#keepsIds = keepsIds(spec);
    this.#bytesPerVector = checkFactory(spec, { d, metric }).bytesPerVector;
    undisposed.register(this, state.supervisor, this);
  }

  get ntotal(): number {
    this.#assertAlive('ntotal');
    return this.#ids.size;
  }

  get isTrained(): boolean {
    this.#assertAlive('isTrained');
    return this.#isTrained;
  }

  get parameters(): StoredParameters {
    this.#assertAlive('parameters');
    return Object.freeze({ ...this.#parameters });
  }

  /** How often the native process was changed for a fresh one, to give back what it had leaked. */
  get restarts(): number {
    return this.#supervisor.restarts;
  }

  async train(x: Rows, given?: TrainOptions): Promise<void> {
    const { seed, threads, signal, onProgress } = given ?? {};
    this.#assertAlive('train');
    assertThreads(threads);
    assertSeed(seed);
    if (this.#ids.size > 0) {
      const message = `train: the index holds ${this.#ids.size} vectors, reset it first`;
      throw new LutraError('STATE', message, { state: 'filled' });
    }
    await this.#change('train', async () => {
      assertNotAborted(signal);
      const { minTrainRows, maxTrainRows } = checkFactory(this.spec, { d: this.d, metric: this.metric });
      const sample = { most: maxTrainRows, seed: seed ?? FAISS_SEED, signal, onProgress };
      const rows = await trainingSample(x, this.d, sample);
      assertEnoughRows(rows.length / this.d, minTrainRows);
      onProgress?.({ stage: 'train', done: 0, total: 1 });
      this.#isTrained = false;
      this.#isTrained = await trainNative(rows, {
        ...{ supervisor: this.#supervisor, making: this.#making, threads, signal },
      });
      onProgress?.({ stage: 'train', done: 1, total: 1 });
    });
  }

  async add(x: Rows, given?: AddOptions): Promise<void> {
    const threads = given?.threads;
    this.#assertTrained('add');
    assertThreads(threads);
    const options = { ...given, threads: this.#threads.add ?? threads };
    const n = rowCount('add', x, this.d);
    const ids = idsOf(options.ids, n, this.#keepsIds);
    await this.#change('add', () =>
      addRows(x, {
        ...{ n, ids, d: this.d, column: this.#ids, supervisor: this.#supervisor },
        ...{ making: this.#making, bytesPerVector: this.#bytesPerVector, options },
      }),
    );
  }

  async search(x: Float32Array, k: number, given?: SearchParameters): Promise<SearchResult> {
    const parameters = given ?? {};
    this.#assertSearchable('search', x, k, parameters);
    const { d, metric } = this;
    const nq = x.length / d;
    const out = missingResults(nq, k, isSimilarity(metric));
    const ntotal = this.#ids.size;
    this.#searches++;
    try {
      assertNotAborted(parameters.signal);
      if (ntotal === 0 || nq === 0) return out;
      const search = this.#plainSearch(parameters);
      if (parameters.filter) {
        const test = compileSelector(parameters.filter);
        await searchFiltered(search, x, out, { d, ntotal, matching: this.#countMatches(test), test });
        return out;
      }
      const most = Math.min(k, ntotal);
      const found = await search(x, nq, most);
      if (most === k) return found;
      for (let q = 0; q < nq; q++) {
        out.distances.set(found.distances.subarray(q * most, (q + 1) * most), q * k);
        out.labels.set(found.labels.subarray(q * most, (q + 1) * most), q * k);
      }
      return out;
    } finally {
      this.#searches--;
    }
  }

  async rangeSearch(x: Float32Array, radius: number, given?: SearchParameters): Promise<RangeSearchResult> {
    const parameters = given ?? {};
    this.#assertSearchable('rangeSearch', x, 1, parameters);
    assertRadius(radius);
    const test = parameters.filter && compileSelector(parameters.filter);
    this.#searches++;
    try {
      assertNotAborted(parameters.signal);
      const similarity = isSimilarity(this.metric);
      const options = { d: this.d, ntotal: this.#ids.size, similarity, test };
      return await searchRange(this.#plainSearch(parameters), x, radius, options);
    } finally {
      this.#searches--;
    }
  }

  #plainSearch(parameters: SearchParameters): PlainSearch {
    const search = plainSearch(this.#supervisor, {
      d: this.d,
      similarity: isSimilarity(this.metric),
      stored: this.#parameters,
      parameters: { ...parameters, threads: parameters.threads ?? this.#threads.search },
    });
    return async (x, nq, k) => {
      const found = await search(x, nq, k);
      const ids = this.#ids.values;
      if (ids) {
        const { labels } = found;
        for (let i = 0; i < labels.length; i++) if (labels[i]! >= 0) labels[i] = ids[labels[i]!]!;
      }
      return found;
    };
  }

  #countMatches(test: (id: number) => boolean): number {
    let count = 0;
    for (let i = 0; i < this.#ids.size; i++) if (test(this.#ids.at(i))) count++;
    return count;
  }

  async reconstruct(ids: ArrayLike<number>): Promise<Float32Array> {
    this.#assertTrained('reconstruct');
    this.#assertStill('reconstruct');
    const positions = positionsOf(this.#ids, ids);
    if (positions.length === 0) return new Float32Array(0);
    this.#searches++;
    try {
      return await this.#supervisor.use((process) =>
        process.call<'reconstruct'>({ op: 'reconstruct', positions }),
      );
    } finally {
      this.#searches--;
    }
  }

  async removeIds(selector: IdSelector): Promise<number> {
    this.#assertAlive('removeIds');
    assertAble(this.spec, 'removeIds');
    const test = compileSelector(selector);
    return this.#change('removeIds', async () => {
      const before = this.#ids.size;
      const mask = new Uint8Array(before);
      for (let i = 0; i < before; i++) mask[i] = test(this.#ids.at(i)) ? 0 : 1;
      if (!mask.includes(0)) return 0;
      const saved = await this.#supervisor.use((process) => process.call<'keep'>({ op: 'keep', mask }));
      this.#ids.keep(mask, !this.#keepsIds);
      this.#settle(saved);
      return before - this.#ids.size;
    });
  }

  async mergeFrom(other: VectorIndex, options?: { addId?: number }): Promise<void> {
    this.#assertTrained('mergeFrom');
    assertAble(this.spec, 'mergeFrom');
    assertAddId(options?.addId, this.#ids.size, this.#keepsIds);
    assertOther(this, other);
    await this.#change('mergeFrom', async () => {
      const { path, ids, n, dress } =
        other instanceof FaissIndex ? await other.#given() : await this.#foreign(other);
      assertSameDress(this.#dress, dress);
      const moved = this.#keepsIds ? movedIds(ids, n, options?.addId ?? 0) : undefined;
      const saved = await this.#supervisor.use((process) => process.call<'merge'>({ op: 'merge', path }));
      this.#ids.append(n, moved);
      this.#settle(saved);
      other.reset();
    });
  }

  /** This index as a file, for a merge into another. */
  async #given(): Promise<Given> {
    this.#assertTrained('mergeFrom: the other index');
    this.#assertStill('mergeFrom: the other index');
    const path = await this.#supervisor.saved();
    return { path, ids: this.#ids.values, n: this.#ids.size, dress: this.#dress };
  }

  /** An index of another backend as a file of this one. */
  async #foreign(other: VectorIndex): Promise<Given> {
    const { data, ids, dress } = undress(other.toData());
    const path = this.#supervisor.newPath();
    await writeIndexAsync(path, data);
    return { path, ids, n: data.ntotal, dress };
  }

  reset(): void {
    this.#assertAlive('reset');
    this.#assertStill('reset');
    this.#ids.clear();
    if (!this.#isTrained) return;
    const path = this.#supervisor.emptyPath;
    const parameters = this.#making.parameters;
    this.#supervisor.settle({ path, parameters }, 0);
    // what fails here ends the process, and the next call starts one from the same file
    this.#supervisor
      .use((process) => process.call<'read'>({ op: 'read', path, parameters }))
      .catch(() => this.#supervisor.interrupt());
  }

  setParameters(parameters: StoredParameters): void {
    this.#assertAlive('setParameters');
    this.#assertStill('setParameters');
    checkParameters(this.#parameters, parameters, false);
    const { kFactor } = parameters;
    const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
    this.#parameters = {
      ...this.#parameters,
      ...Object.fromEntries(given),
      ...(kFactor !== undefined && { kFactor: Math.fround(kFactor) }),
    };
  }

  toData(): IndexData {
    this.#assertAlive('toData');
    if (this.#changing) throw busy('toData', this.#changing);
    const data = readIndexSync(this.#supervisor.savedSync());
    return withParameters(dressed(data, this.#ids.values, this.#dress), this.#parameters);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    undisposed.unregister(this);
    this.#supervisor.dispose();
  }

  /** Where the index is after a change that left it in a file. */
  #settle(saved: Source | undefined): void {
    this.#supervisor.settle(saved, this.#ids.size * this.#bytesPerVector);
  }

  #assertAlive(where: string): void {
    if (!this.#disposed) return;
    throw new LutraError('STATE', `${where}: the index is disposed`, { state: 'disposed' });
  }

  #assertTrained(where: string): void {
    this.#assertAlive(where);
    if (this.#isTrained) return;
    throw new LutraError('STATE', `${where}: the index is not trained`, { state: 'untrained' });
  }

  /** Checks a search to its last argument. */
  #assertSearchable(where: string, x: Float32Array, k: number, parameters: SearchParameters): void {
    this.#assertTrained(where);
    if (this.#changing) throw busy(where, this.#changing);
    assertQueries(where, x, k, this.d);
    checkParameters(this.#parameters, parameters, true);
    if (parameters.filter) compileSelector(parameters.filter);
  }

  /** Throws unless nothing is under way. */
  #assertStill(where: string): void {
    if (this.#changing) throw busy(where, this.#changing);
    if (this.#searches > 0) throw busy(where, 'search');
  }

  async #change<T>(what: string, work: () => Promise<T>): Promise<T> {
    this.#assertStill(what);
    this.#changing = what;
    try {
      return await work();
    } finally {
      this.#changing = undefined;
    }
  }
}
