import type {
  Ability,
  AddOptions,
  Backend,
  FactorySpec,
  IdSelector,
  IndexData,
  Metric,
  Rows,
  SearchParameters,
  SearchResult,
  VectorIndex,
} from '@lutra/core';
import { type CheckedFactory, formatFactory } from '@lutra/factory';
import { groundTruth } from './ground-truth.js';
import type { Sizes } from './options.js';
import { clusters } from './rows.js';
import { type Traits, traitsOf } from './traits.js';

/** Neighbours that most cases ask for. */
export const K = 10;

/** One factory string under one metric on one backend, with the vectors to try it on. */
export class Subject {
  readonly backend: Backend;
  readonly spec: FactorySpec;
  readonly factory: string;
  readonly metric: Metric;
  readonly traits: Traits;
  readonly recallFloor: number;
  /** A backend to exchange indexes with. */
  readonly reference: Backend | undefined;
  readonly sizes: Sizes;
  readonly d: number;
  readonly n: number;
  readonly nq: number;
  readonly #missing: readonly Ability[];
  readonly #open: Set<VectorIndex> = new Set();
  #rows: { base: Float32Array<ArrayBuffer>; queries: Float32Array<ArrayBuffer> } | undefined;
  #shared: Promise<VectorIndex> | undefined;
  #truth: Promise<SearchResult> | undefined;
  #saved: Promise<IndexData> | undefined;

  constructor(
    backend: Backend,
    checked: CheckedFactory,
    sizes: Sizes,
    recallFloor: number,
    reference: Backend | undefined,
  ) {
    this.reference = reference;
    this.backend = backend;
    this.spec = checked.spec;
    this.factory = formatFactory(checked.spec);
    this.metric = checked.metric;
    this.traits = traitsOf(checked);
    this.recallFloor = recallFloor;
    this.sizes = sizes;
    this.d = sizes.d;
    this.n = sizes.n;
    this.nq = sizes.nq;
    this.#missing = backend.lacks?.(checked.spec, { d: sizes.d, metric: checked.metric }) ?? [];
  }

  /** Whether an index of this spec has `ability`, as the backend says. */
  has(ability: Ability): boolean {
    return this.backend.supports[ability] !== false && !this.#missing.includes(ability);
  }

  /** `(n, d)`; a copy, so that a case may do with it what it likes. */
  base(): Float32Array<ArrayBuffer> {
    return this.#draw().base.slice();
  }

  /** `(nq, d)`, drawn around the same centres as the base; a copy. */
  queries(): Float32Array<ArrayBuffer> {
    return this.#draw().queries.slice();
  }

  #draw(): { base: Float32Array<ArrayBuffer>; queries: Float32Array<ArrayBuffer> } {
    const { n, nq, d, seed } = this.sizes;
    const { metric } = this;
    this.#rows ??= {
      base: clusters(n, { d, seed, draw: 0, metric }),
      queries: clusters(nq, { d, seed, draw: 1, metric }),
    };
    return this.#rows;
  }

  /** The whole exact ranking `(nq, n)` of the vectors as given. */
  truth(): Promise<SearchResult> {
    const { base, queries } = this.#draw();
    this.#truth ??= groundTruth(base, queries, this.d, this.metric);
    return this.#truth;
  }

  /** Untrained and empty; for this case alone. */
  async create(): Promise<VectorIndex> {
    const index = await this.backend.create(this.spec, { d: this.d, metric: this.metric });
    this.#open.add(index);
    return index;
  }

  /** Loaded from `data`; for this case alone. */
  async load(data: IndexData): Promise<VectorIndex> {
    const index = await this.backend.load(data);
    this.#open.add(index);
    return index;
  }

  /** Trained on `x`, or as on the base, and empty; for this case alone. */
  async trained(x?: Rows, seed: number = this.sizes.seed): Promise<VectorIndex> {
    if (x === undefined && seed === this.sizes.seed && this.#reloads)
      return this.load(await this.#trainedData());
    const index = await this.create();
    await this.train(index, x ?? this.base(), seed);
    return index;
  }

  /** Whether a case begins with a trained index that was saved: training is what takes the time. */
  get #reloads(): boolean {
    return this.traits.trains && this.has('save') && this.has('load');
  }

  async #trainedData(): Promise<IndexData> {
    this.#saved ??= (async () => {
      const index = await this.create();
      await this.train(index, this.base());
      return structuredClone(index.toData());
    })();
    return this.#saved;
  }

  train(index: VectorIndex, x: Rows, seed: number = this.sizes.seed): Promise<void> {
    return index.train(x, this.traits.trains && this.has('seed') ? { seed } : {});
  }

  /** Trained and filled with the base; for this case alone, which may change it. */
  async filled(options: AddOptions = {}): Promise<VectorIndex> {
    const index = await this.trained();
    await index.add(this.base(), options);
    return index;
  }

  /** As {@link filled}, kept for other cases: only for calls that leave it as it is. */
  shared(): Promise<VectorIndex> {
    this.#shared ??= (async () => {
      const index = await this.backend.create(this.spec, { d: this.d, metric: this.metric });
      await this.train(index, this.base());
      await index.add(this.base());
      return index;
    })();
    return this.#shared;
  }

  /** Parameters under which a search looks at everything: all lists, all candidates. */
  wide(more: { filter?: IdSelector } = {}): SearchParameters {
    const { parameters, nlist } = this.traits;
    return {
      ...(parameters.includes('nprobe') && { nprobe: nlist }),
      ...(parameters.includes('kFactor') && { kFactor: Math.min(1000, this.n) }),
      ...(parameters.includes('efSearch') && { efSearch: this.n }),
      ...more,
    };
  }

  /**
   * The stored parameters, but that all candidates are refined: codes that are equal tie at the cut of a few, and engines
   * may let a tie fall either way.
   */
  untied(): SearchParameters {
    return this.traits.parameters.includes('kFactor') ? { kFactor: Math.min(1000, this.n) } : {};
  }

  /** Frees what a case made. */
  closeCase(): void {
    for (const index of this.#open) index.dispose();
    this.#open.clear();
  }

  /** Frees everything; the shared index is made anew if asked for again. */
  async close(): Promise<void> {
    this.closeCase();
    const shared = this.#shared;
    this.#shared = undefined;
    this.#truth = undefined;
    this.#saved = undefined;
    this.#rows = undefined;
    await shared?.then((index) => index.dispose()).catch(() => {});
  }
}
