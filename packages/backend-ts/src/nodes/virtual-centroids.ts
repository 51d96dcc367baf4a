import { type IndexData, LutraError, type Metric } from '@lutra/core';
import type { IndexNode, NodeParameters, ResultTable } from '../node.js';
import type { Task } from '../task.js';

/** Centroids of an IVF that are all combinations of fewer vectors: none is stored, so none can be added or removed. */
export abstract class VirtualCentroids implements IndexNode {
  abstract readonly d: number;
  abstract readonly metric: Metric;
  abstract readonly isTrained: boolean;
  readonly keepsIds = false;
  readonly trainsAlone = true;
  readonly #name: string;

  /** @param name - of the kind of index, for errors */
  constructor(name: string) {
    this.#name = name;
  }

  abstract get ntotal(): number;
  abstract train(x: Float32Array, n: number, task: Task): Promise<void>;
  abstract search(x: Float32Array, nq: number, k: number, parameters: NodeParameters, out: ResultTable): void;
  abstract reconstruct(id: number, out: Float32Array): boolean;
  abstract assertMergeable(data: IndexData): void;
  abstract reset(): void;
  abstract toData(): IndexData;

  reserve(): void {}

  add(): void {
    throw this.#virtual('added');
  }

  rangeSearch(): void {
    throw this.#virtual('searched by radius');
  }

  remove(): number {
    throw this.#virtual('removed');
  }

  merge(): void {
    throw this.#virtual('merged');
  }

  parameters(): Record<string, never> {
    return {};
  }

  setParameter(): void {}

  #virtual(what: string): LutraError {
    const message = `${this.#name}: centroids are not stored one by one and cannot be ${what}`;
    return new LutraError('UNSUPPORTED', message, {
      feature: `centroids ${what} in a ${this.#name}`,
      by: 'faiss',
    });
  }
}
