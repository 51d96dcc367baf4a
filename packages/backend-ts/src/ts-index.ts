import {
  type AddOptions,
  assertNotAborted,
  type BackendRefusal,
  type FactorySpec,
  type IdSelector,
  type IndexData,
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
import { describeFactory } from '@lutra/factory';
import { allocationError } from './allocation-error.js';
import { assertAddId, assertSeed, busy, wrongIdCount, wrongRowCount } from './call-checks.js';
import { takesMissing } from './extra-metrics.js';
import { compileSelector } from './id-selector.js';
import { idsOf } from './ids.js';
import { searchInSteps, table } from './k-nearest.js';
import type { IndexNode } from './node.js';
import { assertCount, checkParameters, nodeParameters, storedParameters } from './parameters.js';
import { rangeSearch } from './range-results.js';
import { rowCount } from './rows/blocks.js';
import { assertFinite } from './rows/finite.js';
import { makeRoom, preparedRows } from './rows/make-room.js';
import { trainingRows } from './rows/training-rows.js';
import { Task } from './task.js';
import type { IndexThreads } from './threads/index-threads.js';

/** The public index around a tree of nodes: checks every call once, then trusts. */
export class TsIndex implements VectorIndex {
  readonly d: number;
  readonly metric: Metric;
  readonly spec: FactorySpec;
  readonly backend = 'ts';
  readonly refusals: readonly BackendRefusal[];
  readonly #threads: IndexThreads;
  #root: IndexNode | undefined;
  /** What is under way: a change excludes everything else, searches exclude changes. */
  #changing: string | undefined;
  #searches = 0;

  constructor(
    root: IndexNode,
    spec: FactorySpec,
    refusals: readonly BackendRefusal[],
    threads: IndexThreads,
  ) {
    this.d = root.d;
    this.metric = root.metric;
    this.spec = spec;
    this.refusals = refusals;
    this.#root = root;
    this.#threads = threads;
  }

  get ntotal(): number {
    return this.#alive('ntotal').ntotal;
  }

  get isTrained(): boolean {
    return this.#alive('isTrained').isTrained;
  }

  get parameters(): StoredParameters {
    return storedParameters(this.#alive('parameters'));
  }

  async train(x: Rows, given?: TrainOptions): Promise<void> {
    const options = given ?? {};
    const root = this.#alive('train');
    if (options.threads !== undefined) assertCount('threads', options.threads);
    assertSeed(options.seed);
    assertNotAborted(options.signal);
    if (root.ntotal > 0) {
      throw new LutraError('STATE', `train: the index holds ${root.ntotal} vectors, reset it first`, {
        state: 'filled',
      });
    }
    await this.#change('train', async () => {
      const { maxTrainRows } = describeFactory(this.spec, { d: this.d, metric: this.metric });
      const task = new Task(options, this.#threads.training(options.threads, options.signal));
      const most = Math.max(1, maxTrainRows);
      const rows = await trainingRows(x, this.d, most, task, takesMissing(this.metric));
      await root.train(rows, rows.length / this.d, task);
    });
  }

  async add(x: Rows, given?: AddOptions): Promise<void> {
    const options = given ?? {};
    const root = this.#trained('add');
    if (options.threads !== undefined) assertCount('threads', options.threads);
    const n = rowCount('add', x, this.d);
    const ids = idsOf(options.ids, n, root.keepsIds);
    await this.#change('add', async () => {
      const task = new Task(options);
      const addition = { root, x, n, task, threads: this.#threads, threadCount: options.threads };
      const seen = await makeRoom(addition);
      let done = 0;
      task.progress('add', 0, n);
      for await (const { x: block, prepared } of preparedRows(addition, seen)) {
        await task.breathe();
        const rows = block.length / this.d;
        if (n !== undefined && done + rows > n) throw wrongRowCount(n, done + rows);
        if (ids && done + rows > ids.length) throw wrongIdCount(ids.length, done + rows);
        root.add(block, rows, ids?.subarray(done, done + rows), prepared);
        done += rows;
        task.progress('add', done, n);
      }
      if (n !== undefined && done < n) throw wrongRowCount(n, done);
      if (ids && done < ids.length) throw wrongIdCount(ids.length, done);
      await root.finish?.(task);
    });
  }

  async search(x: Float32Array, k: number, given?: SearchParameters): Promise<SearchResult> {
    const parameters = given ?? {};
    const root = this.#searchable('search', x, k, parameters);
    const out = table(x.length / this.d, k, this.metric);
    const task = new Task(parameters);
    const node = nodeParameters(parameters);
    this.#searches++;
    try {
      await task.breathe();
      if (this.#threads.splits(out.nq, k, parameters)) await this.#threads.search(x, parameters, out);
      else for (const _ of searchInSteps(root, x, node, out)) await task.breathe();
    } catch (e) {
      throw allocationError('search', e);
    } finally {
      this.#searches--;
    }
    return out;
  }

  searchSync(x: Float32Array, k: number, given?: SearchParameters): SearchResult {
    const parameters = given ?? {};
    const root = this.#searchable('search', x, k, parameters);
    assertNotAborted(parameters.signal);
    const out = table(x.length / this.d, k, this.metric);
    const node = nodeParameters(parameters);
    // a filter may call back into the index: it must find it busy
    this.#searches++;
    try {
      for (const _ of searchInSteps(root, x, node, out)) assertNotAborted(parameters.signal);
    } catch (e) {
      throw allocationError('searchSync', e);
    } finally {
      this.#searches--;
    }
    return out;
  }

  async rangeSearch(x: Float32Array, radius: number, given?: SearchParameters): Promise<RangeSearchResult> {
    const parameters = given ?? {};
    const root = this.#searchable('rangeSearch', x, 1, parameters);
    if (typeof radius !== 'number' || Number.isNaN(radius)) {
      throw new LutraError('ARGUMENT', `rangeSearch: radius is ${String(radius)}, wanted a number`, {
        argument: 'radius',
        value: radius,
      });
    }
    const node = nodeParameters(parameters);
    this.#searches++;
    try {
      return await rangeSearch(root, x, radius, node, new Task(parameters));
    } catch (e) {
      throw allocationError('rangeSearch', e);
    } finally {
      this.#searches--;
    }
  }

  async reconstruct(ids: ArrayLike<number>): Promise<Float32Array> {
    const root = this.#trained('reconstruct');
    this.#assertStill('reconstruct');
    try {
      return reconstruct(root, ids);
    } catch (e) {
      throw allocationError('reconstruct', e);
    }
  }

  async removeIds(selector: IdSelector): Promise<number> {
    const root = this.#alive('removeIds');
    const test = compileSelector(selector);
    return this.#change('removeIds', async () => root.remove(test, false));
  }

  async mergeFrom(other: VectorIndex, options?: { addId?: number }): Promise<void> {
    const root = this.#trained('mergeFrom');
    const addId = options?.addId;
    assertAddId(addId, root);
    if ((other as unknown) === this) {
      throw new LutraError('ARGUMENT', 'mergeFrom: an index cannot be merged into itself', {
        argument: 'other',
      });
    }
    if (other.d !== this.d) {
      throw new LutraError(
        'SHAPE',
        `mergeFrom: the other index has ${other.d} dimensions, this one ${this.d}`,
        {
          argument: 'other',
          expected: `${this.d}`,
          actual: `${other.d}`,
        },
      );
    }
    await this.#change('mergeFrom', async () => {
      // of another index of this class it is known beforehand that its reset will not fail
      if (other instanceof TsIndex) other.#assertStill('mergeFrom: the other index');
      const data = other.toData();
      root.assertMergeable(data, addId ?? 0);
      root.merge(data, addId ?? 0);
      other.reset();
    });
  }

  reset(): void {
    const root = this.#alive('reset');
    this.#assertStill('reset');
    this.#threads.changed();
    root.reset();
  }

  setParameters(parameters: StoredParameters): void {
    const root = this.#alive('setParameters');
    this.#assertStill('setParameters');
    checkParameters(root, parameters, false);
    this.#threads.changed();
    if (parameters.nprobe !== undefined) root.setParameter('nprobe', parameters.nprobe);
    if (parameters.efSearch !== undefined) root.setParameter('efSearch', parameters.efSearch);
    if (parameters.kFactor !== undefined) root.setParameter('kFactor', Math.fround(parameters.kFactor));
  }

  toData(): IndexData {
    const root = this.#alive('toData');
    if (this.#changing) throw busy('toData', this.#changing);
    return root.toData();
  }

  dispose(): void {
    this.#threads.dispose();
    this.#root = undefined;
  }

  #alive(where: string): IndexNode {
    if (this.#root) return this.#root;
    throw new LutraError('STATE', `${where}: the index is disposed`, { state: 'disposed' });
  }

  #trained(where: string): IndexNode {
    const root = this.#alive(where);
    if (root.isTrained) return root;
    throw new LutraError('STATE', `${where}: the index is not trained`, { state: 'untrained' });
  }

  /** Checks a search to its last argument. */
  #searchable(where: string, x: Float32Array, k: number, parameters: SearchParameters): IndexNode {
    const root = this.#trained(where);
    if (this.#changing) throw busy(where, this.#changing);
    if (!(x instanceof Float32Array)) {
      throw new LutraError('ARGUMENT', `${where}: queries must be a Float32Array`, { argument: 'x' });
    }
    rowCount(where, x, this.d);
    assertCount('k', k);
    assertFinite(where, x, this.d, 0, takesMissing(this.metric));
    checkParameters(root, parameters, true);
    return root;
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
    } catch (e) {
      throw allocationError(what, e);
    } finally {
      this.#threads.changed();
      this.#changing = undefined;
    }
  }
}

function reconstruct(root: IndexNode, ids: ArrayLike<number>): Float32Array {
  const { d } = root;
  const out = new Float32Array(ids.length * d);
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    if (Number.isSafeInteger(id) && root.reconstruct(id, out.subarray(i * d, (i + 1) * d))) continue;
    throw new LutraError('ARGUMENT', `reconstruct: id ${String(id)} is not stored`, {
      argument: 'ids',
      value: id,
    });
  }
  return out;
}
