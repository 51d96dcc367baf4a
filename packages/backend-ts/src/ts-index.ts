import type {
  AddOptions,
  BackendRefusal,
  FactorySpec,
  IdSelector,
  IndexData,
  Metric,
  RangeSearchResult,
  Rows,
  SearchParameters,
  SearchResult,
  StoredParameters,
  TrainOptions,
  VectorIndex,
} from '@lutra/core';
import { describeFactory } from '@lutra/factory';
import { IndexCore } from './index-core.js';
import type { IndexNode } from './node.js';
import { storedParameters } from './parameters.js';
import type { IndexThreads } from './threads/index-threads.js';

/** The public index around a tree of nodes. */
export class TsIndex implements VectorIndex {
  readonly d: number;
  readonly metric: Metric;
  readonly spec: FactorySpec;
  readonly backend = 'ts';
  readonly refusals: readonly BackendRefusal[];
  readonly #core: IndexCore<Float32Array>;

  constructor(
    root: IndexNode,
    spec: FactorySpec,
    refusals: readonly BackendRefusal[],
    threads: IndexThreads,
    disk?: { close(): void },
  ) {
    this.d = root.d;
    this.metric = root.metric;
    this.spec = spec;
    this.refusals = refusals;
    this.#core = new IndexCore(root, Float32Array, threads, disk);
  }

  get ntotal(): number {
    return this.#core.alive('ntotal').ntotal;
  }

  get isTrained(): boolean {
    return this.#core.alive('isTrained').isTrained;
  }

  get parameters(): StoredParameters {
    return storedParameters(this.#core.alive('parameters'));
  }

  train(x: Rows, options?: TrainOptions): Promise<void> {
    const target = { d: this.d, metric: this.metric };
    return this.#core.train(x, options ?? {}, () => describeFactory(this.spec, target).maxTrainRows);
  }

  add(x: Rows, options?: AddOptions): Promise<void> {
    return this.#core.add(x, options ?? {});
  }

  search(x: Float32Array, k: number, parameters?: SearchParameters): Promise<SearchResult> {
    return this.#core.search(x, k, parameters ?? {});
  }

  searchSync(x: Float32Array, k: number, parameters?: SearchParameters): SearchResult {
    return this.#core.searchSync(x, k, parameters ?? {});
  }

  async rangeSearch(
    x: Float32Array,
    radius: number,
    parameters?: SearchParameters,
  ): Promise<RangeSearchResult> {
    const { lims, distances, labels } = await this.#core.rangeSearch(x, radius, parameters ?? {});
    return { lims, distances: Float32Array.from(distances), labels };
  }

  async reconstruct(ids: ArrayLike<number>): Promise<Float32Array> {
    return this.#core.reconstruct(ids);
  }

  removeIds(selector: IdSelector): Promise<number> {
    return this.#core.removeIds(selector);
  }

  mergeFrom(other: VectorIndex, options?: { addId?: number }): Promise<void> {
    return this.#core.mergeFrom(other, other instanceof TsIndex ? other.#core : undefined, options?.addId);
  }

  reset(): void {
    this.#core.reset();
  }

  setParameters(parameters: StoredParameters): void {
    this.#core.setParameters(parameters);
  }

  toData(): IndexData {
    return this.#core.toData();
  }

  dispose(): void {
    this.#core.dispose();
  }
}
