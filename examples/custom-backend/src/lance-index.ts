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
import { assertCount, assertIds, assertParameters, assertTrainOptions, idCount } from './call-checks.js';
import { decode, encode, partitionOf } from './codes.js';
import { exportData } from './export-data.js';
import { Gate } from './gate.js';
import type { LanceTable } from './lance-table.js';
import type { Model } from './model.js';
import { readBack } from './read-back.js';
import { assertFinite, assertFloats, rowBlocks, rowCount, wholeRows } from './rows.js';
import { candidates, searchAll, searchRange } from './search.js';
import { listSql, selectorSql } from './selector-sql.js';

/** A LanceDB table as a `VectorIndex`: every call is checked here, once. */
export class LanceIndex implements VectorIndex {
  readonly backend = 'lancedb';
  readonly d: number;
  readonly metric: Metric;
  readonly spec: FactorySpec;
  readonly refusals: readonly BackendRefusal[];
  readonly #table: LanceTable;
  readonly #gate: Gate = new Gate();
  #model: Model | undefined;
  #ntotal = 0;
  /** The table still has rows that this index has forgotten: `reset` cannot wait for LanceDB to remove them. */
  #forgotten = false;
  #parameters: StoredParameters;

  constructor(table: LanceTable, spec: FactorySpec, refusals: readonly BackendRefusal[]) {
    this.d = table.d;
    this.metric = table.metric;
    this.spec = spec;
    this.refusals = refusals;
    this.#table = table;
    this.#parameters = Object.freeze(table.layout.refine ? { nprobe: 1, kFactor: 1 } : { nprobe: 1 });
  }

  get ntotal(): number {
    this.#gate.assertAlive('ntotal');
    return this.#ntotal;
  }

  get isTrained(): boolean {
    this.#gate.assertAlive('isTrained');
    return this.#model !== undefined;
  }

  get parameters(): StoredParameters {
    this.#gate.assertAlive('parameters');
    return this.#parameters;
  }

  // #region train
  async train(x: Rows, options: TrainOptions = {}): Promise<void> {
    this.#gate.assertAlive('train');
    assertTrainOptions(options);
    if (this.#ntotal > 0) throw state('train', `the index holds ${this.#ntotal} vectors, reset it first`);
    const { minTrainRows } = describeFactory(this.spec, { d: this.d, metric: this.metric });
    const n = rowCount('train', x, this.d);
    if (n !== undefined && n < minTrainRows) throw tooFew(minTrainRows, n);
    await this.#gate.change('train', async () => {
      const { onProgress, signal } = options;
      this.#model = undefined;
      this.#forgotten = false;
      const report = (stage: string, done: number, total: number | undefined): void =>
        onProgress?.({ stage, done, total });
      const blocks = reported(rowBlocks('train', x, this.d, signal), this.d, (done) =>
        report('write', done, n),
      );
      report('write', 0, n);
      const model = await this.#table.train(blocks, minTrainRows);
      if (typeof model === 'number') throw tooFew(minTrainRows, model);
      // LanceDB cannot be stopped within a call
      assertNotAborted(signal);
      report('k-means', 1, 1);
      this.#model = model;
    });
  }
  // #endregion

  // #region add
  async add(x: Rows, options: AddOptions = {}): Promise<void> {
    this.#trained('add');
    if (options.threads !== undefined) assertCount('threads', options.threads);
    const n = rowCount('add', x, this.d);
    const { ids, onProgress, signal } = options;
    if (ids !== undefined) assertIds(ids, n, !this.#table.layout.refine);
    await this.#gate.change('add', async () => {
      if (this.#forgotten) await this.#table.clear();
      this.#forgotten = false;
      const before = this.#ntotal;
      try {
        for await (const block of rowBlocks('add', x, this.d, signal)) {
          const done = this.#ntotal - before;
          const rows = block.length / this.d;
          if (ids !== undefined && done + rows > ids.length) throw idCount(ids.length, done + rows);
          await this.#table.append(
            block,
            Float64Array.from({ length: rows }, (_, i) => ids?.[done + i] ?? before + done + i),
          );
          this.#ntotal += rows;
          onProgress?.({ stage: 'add', done: done + rows, total: n });
        }
        const added = this.#ntotal - before;
        if (ids !== undefined && added < ids.length) throw idCount(ids.length, added);
      } finally {
        // what came before a failure stays, and is found
        if (this.#ntotal > before) await this.#table.settle();
      }
    });
  }
  // #endregion

  async search(x: Float32Array, k: number, parameters: SearchParameters = {}): Promise<SearchResult> {
    const where = this.#searchable('search', x, parameters);
    assertCount('k', k);
    const { nprobe = this.#parameters.nprobe!, kFactor = this.#parameters.kFactor } = parameters;
    const limit = Math.min(this.#ntotal, kFactor === undefined ? k : candidates(k, kFactor));
    const { signal } = parameters;
    return this.#gate.search('search', () =>
      searchAll(this.#table, x, k, { limit, nprobe: this.#lists(nprobe), where, signal }),
    );
  }

  async rangeSearch(
    x: Float32Array,
    radius: number,
    given: SearchParameters = {},
  ): Promise<RangeSearchResult> {
    this.#gate.assertAlive('rangeSearch');
    if (this.#table.layout.refine)
      throw this.#unsupported('rangeSearch', 'searches a range before it refines');
    const where = this.#searchable('rangeSearch', x, given);
    if (typeof radius !== 'number' || Number.isNaN(radius)) {
      throw new LutraError('ARGUMENT', `rangeSearch: radius is ${String(radius)}, wanted a number`, {
        argument: 'radius',
        value: radius,
      });
    }
    const nprobe = this.#lists(given.nprobe ?? this.#parameters.nprobe!);
    const options = { limit: this.#ntotal, nprobe, where, signal: given.signal };
    return this.#gate.search('rangeSearch', () => searchRange(this.#table, x, radius, options));
  }

  async reconstruct(ids: ArrayLike<number>): Promise<Float32Array> {
    this.#trained('reconstruct');
    const wanted = Array.from(ids);
    return this.#gate.search('reconstruct', async () => {
      const found = this.#ntotal === 0 ? undefined : await this.#table.vectors(listSql([...new Set(wanted)]));
      const rows = new Map(Array.from(found?.ids ?? [], (id, row) => [id, row]));
      const out = new Float32Array(wanted.length * this.d);
      for (const [i, id] of wanted.entries()) {
        const row = rows.get(id);
        if (row === undefined) {
          const message = `reconstruct: id ${String(id)} is not stored`;
          throw new LutraError('ARGUMENT', message, { argument: 'ids', value: id });
        }
        out.set(this.#remembered(found!.x.subarray(row * this.d, (row + 1) * this.d)), i * this.d);
      }
      return out;
    });
  }

  async removeIds(selector: IdSelector): Promise<number> {
    this.#gate.assertAlive('removeIds');
    if (this.#table.layout.refine) throw this.#unsupported('removeIds', 'has no places to renumber');
    const where = selectorSql(selector);
    return this.#gate.change('removeIds', async () => {
      if (this.#ntotal === 0) return 0;
      const count = await this.#table.count(where);
      if (count === this.#ntotal) this.#forgotten = true;
      else if (count > 0) await this.#table.remove(where);
      this.#ntotal -= count;
      return count;
    });
  }

  async mergeFrom(): Promise<void> {
    this.#gate.assertAlive('mergeFrom');
    throw this.#unsupported('mergeFrom', 'trains no two tables alike');
  }

  reset(): void {
    this.#gate.assertStill('reset');
    this.#forgotten ||= this.#ntotal > 0;
    this.#ntotal = 0;
  }

  setParameters(parameters: StoredParameters): void {
    this.#gate.assertStill('setParameters');
    assertParameters(parameters, this.#parameters, false);
    const { nprobe = this.#parameters.nprobe!, kFactor = this.#parameters.kFactor } = parameters;
    this.#parameters = Object.freeze(
      kFactor === undefined ? { nprobe } : { nprobe, kFactor: Math.fround(kFactor) },
    );
  }

  toData(): IndexData {
    this.#gate.assertUnchanging('toData');
    const { d, metric } = this;
    const { nprobe, kFactor = 1 } = this.#parameters;
    const none = { ids: new Float64Array(0), x: new Float32Array(0) };
    const rows = this.#ntotal === 0 ? none : this.#gate.now('toData', () => readBack(this.#table));
    const { layout } = this.#table;
    return exportData({ d, metric, layout, model: this.#model, ...rows, nprobe: nprobe!, kFactor });
  }

  dispose(): void {
    if (this.#gate.dispose()) this.#table.close();
  }

  /** A vector as a search compares it. */
  #remembered(x: Float32Array): Float32Array {
    const { M, refine } = this.#table.layout;
    if (M === undefined || refine) return x;
    const model = this.#model!;
    const list = partitionOf(x, model, this.metric);
    return decode(encode(x, list, model, M), list, model);
  }

  #lists(nprobe: number): number {
    return Math.min(nprobe, this.#table.layout.nlist);
  }

  #trained(where: string): void {
    this.#gate.assertAlive(where);
    if (this.#model === undefined) throw state(where, 'the index is not trained');
  }

  /** Checks what all searches take; gives the condition of the filter. */
  #searchable(where: string, x: Float32Array, parameters: SearchParameters): string | undefined {
    this.#trained(where);
    assertFloats(where, x);
    wholeRows(where, x, this.d);
    assertFinite(where, x, this.d);
    assertParameters(parameters, this.#parameters, true);
    return parameters.filter && selectorSql(parameters.filter);
  }

  #unsupported(feature: string, why: string): LutraError {
    return new LutraError('UNSUPPORTED', `${feature}: LanceDB ${why}`, { feature, by: this.backend });
  }
}

function state(where: string, why: string): LutraError {
  return new LutraError('STATE', `${where}: ${why}`, { state: why });
}

function tooFew(wanted: number, found: number): LutraError {
  return new LutraError('ARGUMENT', `train: ${found} rows, wanted at least ${wanted}`, {
    argument: 'x',
    value: found,
    expected: `at least ${wanted} rows`,
  });
}

async function* reported(
  blocks: AsyncIterable<Float32Array>,
  d: number,
  report: (done: number) => void,
): AsyncGenerator<Float32Array> {
  let done = 0;
  for await (const block of blocks) {
    yield block;
    done += block.length / d;
    report(done);
  }
}
