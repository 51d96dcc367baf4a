import { type Backend, LutraError, type VectorIndex } from '@lutra/core';
import { scalesToLengthOne } from '@lutra/tune';
import type { Engine, IndexInfo, PageMetric, Parameters } from '../protocol.js';
import { type Anatomy, anatomyOf } from './anatomy.js';
import type { Dataset } from './dataset.js';
import { backendFor } from './engine.js';
import { makePlane, type Plane } from './plane.js';
import type { Call } from './serve.js';
import { makeTrial, type Trial } from './trial.js';

/** An index and what the page knows of it. */
export interface Built {
  readonly index: VectorIndex;
  readonly backend: Backend;
  readonly engine: Engine;
  readonly info: IndexInfo;
}

/** What the worker holds: one set, one index, and what was computed from them. */
export class Session {
  #dataset: Dataset | undefined;
  #built: Built | undefined;
  #anatomy: Promise<Anatomy> | undefined;
  #plane: { scaled: boolean; plane: Promise<Plane> } | undefined;
  #trial: { key: string; trial: Promise<Trial> } | undefined;
  #rows: Map<number, number> | undefined;

  get dataset(): Dataset {
    if (this.#dataset) return this.#dataset;
    throw new LutraError('STATE', 'page: there is no data yet', { state: 'no data' });
  }

  get built(): Built {
    if (this.#built) return this.#built;
    throw new LutraError('STATE', 'page: there is no index yet', { state: 'no index' });
  }

  get hasIndex(): boolean {
    return this.#built !== undefined;
  }

  setDataset(dataset: Dataset): void {
    this.dropIndex();
    this.#dataset = dataset;
    this.#plane = undefined;
    this.#trial = undefined;
    this.#rows = undefined;
  }

  setBuilt(built: Built): void {
    this.dropIndex();
    this.#built = built;
  }

  dropIndex(): void {
    this.#built?.index.dispose();
    this.#built = undefined;
    const anatomy = this.#anatomy;
    this.#anatomy = undefined;
    void anatomy?.then((parts) => parts.dispose()).catch(() => undefined);
  }

  /** Whether the index compares directions only. */
  get scaled(): boolean {
    return this.hasIndex ? scalesToLengthOne(this.built.index.spec) : this.dataset.info.metric === 'cosine';
  }

  anatomy(): Promise<Anatomy> {
    const { index, backend } = this.built;
    this.#anatomy ??= anatomyOf(index.toData(), backend);
    return this.#anatomy;
  }

  /** The plane that the set is drawn in. */
  plane(call: Call): Promise<Plane> {
    const { scaled } = this;
    if (this.#plane?.scaled !== scaled) {
      const plane = makePlane(this.dataset, scaled, lasting(call));
      this.#plane = { scaled, plane };
      plane.catch(() => {
        if (this.#plane?.plane === plane) this.#plane = undefined;
      });
    }
    return this.#plane!.plane;
  }

  /** Queries with their true neighbours by the metric of the index. */
  trial(call: Call): Promise<Trial> {
    const { index } = this.built;
    const { scaled } = this;
    const key = `${index.metric} ${scaled}`;
    if (this.#trial?.key !== key) {
      const exact = backendFor('auto');
      const trial = makeTrial(
        this.dataset,
        { metric: index.metric as 'l2' | 'ip', scaled, exact },
        lasting(call),
      );
      this.#trial = { key, trial };
      trial.catch(() => {
        if (this.#trial?.trial === trial) this.#trial = undefined;
      });
    }
    return this.#trial!.trial;
  }

  /** The row of the set that the index calls `label`. */
  rowOf(label: number): number {
    const { ids } = this.dataset;
    if (!ids || label < 0) return label;
    this.#rows ??= new Map(Array.from(ids, (id, row) => [id, row]));
    return this.#rows.get(label) ?? -1;
  }

  /** The label that the index has for a row. */
  labelOf(row: number): number {
    return this.dataset.ids?.[row] ?? row;
  }
}

/** What is kept for later calls goes on when the first that wanted it is called off. */
function lasting(call: Call): Call {
  return { ...call, signal: new AbortController().signal };
}

/** The parameters that an index has, with their stored values. */
export function parametersOf(index: VectorIndex): Parameters {
  const { nprobe, kFactor, efSearch } = index.parameters;
  return {
    ...(nprobe !== undefined && { nprobe }),
    ...(kFactor !== undefined && { kFactor }),
    ...(efSearch !== undefined && { efSearch }),
  };
}

/** How the page calls the metric of an index. */
export function metricOf(index: VectorIndex): PageMetric {
  if (index.metric === 'l2') return 'l2';
  return scalesToLengthOne(index.spec) ? 'cosine' : 'ip';
}
