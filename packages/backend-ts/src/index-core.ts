import {
  type AddOptions,
  assertNotAborted,
  type BinarySearchParameters,
  type IdSelector,
  type IndexData,
  LutraError,
  type SearchParameters,
  type SearchResult,
  type TrainOptions,
} from '@lutra/core';
import { allocationError } from './allocation-error.js';
import { assertAddId, assertSeed, busy, wrongIdCount, wrongRowCount } from './call-checks.js';
import { takesMissing } from './extra-metrics.js';
import { compileSelector } from './id-selector.js';
import { idsOf } from './ids.js';
import { searchInSteps, table } from './k-nearest.js';
import { cut, type IndexNode, type ParameterName, type Vectors, widthOf } from './node.js';
import { assertCount, checkParameters, nodeParameters } from './parameters.js';
import { type RangeHits, rangeSearch } from './range-results.js';
import { type RowArray, type RowsOf, rowCount } from './rows/blocks.js';
import { assertFinite } from './rows/finite.js';
import { makeRoom, preparedRows } from './rows/make-room.js';
import { trainingRows } from './rows/training-rows.js';
import { Task } from './task.js';
import type { IndexThreads } from './threads/index-threads.js';

/** Parameters of a call on any index. */
type Parameters = SearchParameters & BinarySearchParameters;

/** The other index of a merge. */
export interface MergeSource {
  readonly d: number;
  toData(): IndexData;
  reset(): void;
}

/** What the public indexes have in common, whatever their vectors are made of: checks every call once, then trusts. */
export class IndexCore<V extends Vectors> {
  readonly #array: RowArray<V>;
  readonly #threads: IndexThreads<V>;
  readonly #disk: { close(): void } | undefined;
  #root: IndexNode<V> | undefined;
  /** What is under way: a change excludes everything else, searches exclude changes. */
  #changing: string | undefined;
  #searches = 0;

  /**
   * @param array - what rows come in
   * @param disk - where lists of it stay, which are then not changed
   */
  constructor(root: IndexNode<V>, array: RowArray<V>, threads: IndexThreads<V>, disk?: { close(): void }) {
    this.#root = root;
    this.#array = array;
    this.#threads = threads;
    this.#disk = disk;
  }

  /** @param maxRows - rows that training looks at, of a source that has more */
  async train(x: RowsOf<V>, options: TrainOptions, maxRows: () => number): Promise<void> {
    const root = this.changeable('train');
    if (options.threads !== undefined) assertCount('threads', options.threads);
    assertSeed(options.seed);
    assertNotAborted(options.signal);
    if (root.ntotal > 0) {
      throw new LutraError('STATE', `train: the index holds ${root.ntotal} vectors, reset it first`, {
        state: 'filled',
      });
    }
    await this.change('train', async () => {
      const task = new Task(options, this.#threads.training(options.threads, options.signal));
      const most = Math.max(1, maxRows());
      const width = widthOf(root);
      const rows = await trainingRows(x, width, this.#array, most, task, takesMissing(root.metric));
      await root.train(rows, rows.length / width, task);
    });
  }

  async add(x: RowsOf<V>, options: AddOptions): Promise<void> {
    const root = this.trained('add', this.changeable('add'));
    const width = widthOf(root);
    if (options.threads !== undefined) assertCount('threads', options.threads);
    const n = rowCount('add', x, width, this.#array);
    const ids = idsOf(options.ids, n, root.keepsIds);
    await this.change('add', async () => {
      const task = new Task(options);
      const given = { root, x, array: this.#array, n, task };
      const addition = { ...given, threads: this.#threads, threadCount: options.threads };
      const seen = await makeRoom(addition);
      let done = 0;
      task.progress('add', 0, n);
      for await (const { x: block, prepared } of preparedRows(addition, seen)) {
        await task.breathe();
        const rows = block.length / width;
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

  async search(x: V, k: number, parameters: Parameters): Promise<SearchResult> {
    const root = this.#searchable('search', x, k, parameters);
    const out = table(x.length / widthOf(root), k, root.metric);
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

  searchSync(x: V, k: number, parameters: Parameters): SearchResult {
    const root = this.#searchable('search', x, k, parameters);
    assertNotAborted(parameters.signal);
    const out = table(x.length / widthOf(root), k, root.metric);
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

  async rangeSearch(x: V, radius: number, parameters: Parameters): Promise<RangeHits> {
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

  reconstruct(ids: ArrayLike<number>): V {
    const root = this.trained('reconstruct');
    this.assertStill('reconstruct');
    const width = widthOf(root);
    try {
      const out = new this.#array(ids.length * width);
      for (let i = 0; i < ids.length; i++) {
        const id = ids[i]!;
        if (Number.isSafeInteger(id) && root.reconstruct(id, cut(out, i * width, (i + 1) * width))) continue;
        throw new LutraError('ARGUMENT', `reconstruct: id ${String(id)} is not stored`, {
          argument: 'ids',
          value: id,
        });
      }
      return out;
    } catch (e) {
      throw allocationError('reconstruct', e);
    }
  }

  async removeIds(selector: IdSelector): Promise<number> {
    const root = this.changeable('removeIds');
    const test = compileSelector(selector);
    return this.change('removeIds', async () => root.remove(test, false));
  }

  /**
   * @param core - of the other index, if it is one of this engine, and not this one: it is then known beforehand that its
   *   reset will not fail
   */
  async mergeFrom(other: MergeSource, core: IndexCore<V> | undefined, addId?: number): Promise<void> {
    const root = this.trained('mergeFrom', this.changeable('mergeFrom'));
    assertAddId(addId, root);
    if (core === this) {
      throw new LutraError('ARGUMENT', 'mergeFrom: an index cannot be merged into itself', {
        argument: 'other',
      });
    }
    if (other.d !== root.d) {
      throw new LutraError(
        'SHAPE',
        `mergeFrom: the other index has ${other.d} dimensions, this one ${root.d}`,
        { argument: 'other', expected: `${root.d}`, actual: `${other.d}` },
      );
    }
    await this.change('mergeFrom', async () => {
      core?.changeable('mergeFrom: the other index');
      core?.assertStill('mergeFrom: the other index');
      const data = other.toData();
      root.assertMergeable(data, addId ?? 0);
      root.merge(data, addId ?? 0);
      other.reset();
    });
  }

  reset(): void {
    const root = this.changeable('reset');
    this.assertStill('reset');
    this.#threads.changed();
    root.reset();
  }

  setParameters(parameters: Partial<Record<ParameterName, number>>): void {
    const root = this.alive('setParameters');
    this.assertStill('setParameters');
    checkParameters(root, parameters, false);
    this.#threads.changed();
    for (const [name, value] of Object.entries(parameters)) {
      if (value === undefined) continue;
      root.setParameter(name as ParameterName, name === 'kFactor' ? Math.fround(value) : value);
    }
  }

  toData(): IndexData {
    const root = this.alive('toData');
    if (this.#changing) throw busy('toData', this.#changing);
    return root.toData();
  }

  dispose(): void {
    this.#threads.dispose();
    this.#disk?.close();
    this.#root?.dispose?.();
    this.#root = undefined;
  }

  alive(where: string): IndexNode<V> {
    if (this.#root) return this.#root;
    throw new LutraError('STATE', `${where}: the index is disposed`, { state: 'disposed' });
  }

  /** Throws where lists stay on disk. */
  changeable(where: string): IndexNode<V> {
    const root = this.alive(where);
    if (!this.#disk) return root;
    const message = `${where}: the inverted lists stay on disk, where they are not changed`;
    throw new LutraError('UNSUPPORTED', message, { feature: 'changes of lists on disk', by: 'ts' });
  }

  trained(where: string, root: IndexNode<V> = this.alive(where)): IndexNode<V> {
    if (root.isTrained) return root;
    throw new LutraError('STATE', `${where}: the index is not trained`, { state: 'untrained' });
  }

  /** Checks a search to its last argument. */
  #searchable(where: string, x: V, k: number, parameters: Parameters): IndexNode<V> {
    const root = this.trained(where);
    if (this.#changing) throw busy(where, this.#changing);
    if (!(x instanceof this.#array)) {
      throw new LutraError('ARGUMENT', `${where}: queries must be a ${this.#array.name}`, { argument: 'x' });
    }
    rowCount(where, x, widthOf(root), this.#array);
    assertCount('k', k);
    if (x instanceof Float32Array) assertFinite(where, x, root.d, 0, takesMissing(root.metric));
    checkParameters(root, parameters, true);
    return root;
  }

  /** Throws unless nothing is under way. */
  assertStill(where: string): void {
    if (this.#changing) throw busy(where, this.#changing);
    if (this.#searches > 0) throw busy(where, 'search');
  }

  async change<T>(what: string, work: () => Promise<T>): Promise<T> {
    this.assertStill(what);
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
