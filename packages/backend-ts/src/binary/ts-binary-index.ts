import {
  type AddOptions,
  type BackendRefusal,
  type BinaryIndex,
  type BinaryIndexData,
  type BinaryParameters,
  type BinaryRangeSearchResult,
  type BinaryRows,
  type BinarySearchParameters,
  type BinarySearchResult,
  type BinarySpec,
  type IdSelector,
  MISSING_HAMMING,
  type SearchResult,
  type TrainOptions,
} from '@lutra/core';
import { checkBinaryFactory } from '@lutra/factory';
import { IndexCore } from '../index-core.js';
import { type IndexNode, widthOf } from '../node.js';
import { storedParameters } from '../parameters.js';
import type { IndexThreads } from '../threads/index-threads.js';

/** The public index around a tree of nodes that hold vectors of bits. */
export class TsBinaryIndex implements BinaryIndex {
  readonly d: number;
  readonly codeSize: number;
  readonly spec: BinarySpec;
  readonly backend = 'ts';
  readonly refusals: readonly BackendRefusal[];
  readonly #core: IndexCore<Uint8Array>;

  constructor(
    root: IndexNode<Uint8Array>,
    spec: BinarySpec,
    refusals: readonly BackendRefusal[],
    threads: IndexThreads<Uint8Array>,
  ) {
    this.d = root.d;
    this.codeSize = widthOf(root);
    this.spec = spec;
    this.refusals = refusals;
    this.#core = new IndexCore(root, Uint8Array, threads);
  }

  get ntotal(): number {
    return this.#core.alive('ntotal').ntotal;
  }

  get isTrained(): boolean {
    return this.#core.alive('isTrained').isTrained;
  }

  get parameters(): BinaryParameters {
    return storedParameters(this.#core.alive('parameters'));
  }

  train(x: BinaryRows, options?: TrainOptions): Promise<void> {
    return this.#core.train(x, options ?? {}, () => checkBinaryFactory(this.spec, this.d).maxTrainRows);
  }

  add(x: BinaryRows, options?: AddOptions): Promise<void> {
    return this.#core.add(x, options ?? {});
  }

  async search(x: Uint8Array, k: number, parameters?: BinarySearchParameters): Promise<BinarySearchResult> {
    return hamming(await this.#core.search(x, k, parameters ?? {}));
  }

  searchSync(x: Uint8Array, k: number, parameters?: BinarySearchParameters): BinarySearchResult {
    return hamming(this.#core.searchSync(x, k, parameters ?? {}));
  }

  async rangeSearch(
    x: Uint8Array,
    radius: number,
    parameters?: BinarySearchParameters,
  ): Promise<BinaryRangeSearchResult> {
    const { lims, distances, labels } = await this.#core.rangeSearch(x, radius, parameters ?? {});
    return { lims, distances: Int32Array.from(distances), labels };
  }

  async reconstruct(ids: ArrayLike<number>): Promise<Uint8Array> {
    return this.#core.reconstruct(ids);
  }

  removeIds(selector: IdSelector): Promise<number> {
    return this.#core.removeIds(selector);
  }

  mergeFrom(other: BinaryIndex, options?: { addId?: number }): Promise<void> {
    const core = other instanceof TsBinaryIndex ? other.#core : undefined;
    return this.#core.mergeFrom(other, core, options?.addId);
  }

  reset(): void {
    this.#core.reset();
  }

  setParameters(parameters: BinaryParameters): void {
    this.#core.setParameters(parameters);
  }

  toData(): BinaryIndexData {
    return this.#core.toData() as BinaryIndexData;
  }

  dispose(): void {
    this.#core.dispose();
  }
}

/** Whole distances, which the nodes keep as float32, and the largest int32 for missing results. */
function hamming({ distances, labels, nq, k }: SearchResult): BinarySearchResult {
  const whole = new Int32Array(distances.length);
  for (let i = 0; i < whole.length; i++) whole[i] = labels[i]! < 0 ? MISSING_HAMMING : distances[i]!;
  return { distances: whole, labels, nq, k };
}
