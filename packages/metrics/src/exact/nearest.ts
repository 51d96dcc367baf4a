import { FLT_MAX, MISSING_LABEL, missingDistance, type SearchResult } from '@lutra/core';
import type { ExactMetric } from './distance-block.js';

/**
 * The k best (score, label) pairs of each of nq queries: a binary heap a query with the worst pair on top. A pair is
 * worse if its score is larger, or equal with a larger label.
 */
export class Nearest {
  readonly scores: Float64Array<ArrayBuffer>;
  readonly #labels: Float64Array<ArrayBuffer>;
  readonly #sizes: Uint32Array<ArrayBuffer>;

  constructor(
    readonly nq: number,
    readonly k: number,
  ) {
    this.scores = new Float64Array(nq * k);
    this.#labels = new Float64Array(nq * k);
    this.#sizes = new Uint32Array(nq);
  }

  /** The score that a pair must not exceed to enter query `i`'s heap; infinite until it is full. */
  worst(i: number): number {
    return this.#sizes[i]! < this.k ? Infinity : this.scores[i * this.k]!;
  }

  /** Keeps the pair if it is among the k best so far. NaN, and what is no better than a missing result, is dropped. */
  offer(i: number, score: number, label: number): void {
    if (!(Math.fround(score) < FLT_MAX)) return;
    const top = i * this.k;
    const size = this.#sizes[i]!;
    if (size < this.k) {
      this.#sizes[i] = size + 1;
      this.#up(top, size, score, label);
    } else if (!this.#worse(top, score, label)) {
      this.#down(top, this.k, score, label);
    }
  }

  /** The pairs as a search result, best first. The heaps are used up. */
  finish(metric: ExactMetric): SearchResult {
    const { nq, k } = this;
    const distances = new Float32Array(nq * k).fill(missingDistance(metric));
    const labels = new Float64Array(nq * k).fill(MISSING_LABEL);
    for (let i = 0; i < nq; i++) {
      const top = i * k;
      for (let size = this.#sizes[i]!; size > 0; size--) {
        const score = this.scores[top]!;
        distances[top + size - 1] = metric === 'ip' ? 0 - score : score; // not -0
        labels[top + size - 1] = this.#labels[top]!;
        const last = top + size - 1;
        this.#down(top, size - 1, this.scores[last]!, this.#labels[last]!);
      }
      this.#sizes[i] = 0;
    }
    return { distances, labels, nq, k };
  }

  /** Whether (score, label) is worse than what the heap holds at `at`. */
  #worse(at: number, score: number, label: number): boolean {
    const held = this.scores[at]!;
    return score > held || (score === held && label > this.#labels[at]!);
  }

  #up(top: number, from: number, score: number, label: number): void {
    let child = from;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!this.#worse(top + parent, score, label)) break;
      this.#set(top + child, this.scores[top + parent]!, this.#labels[top + parent]!);
      child = parent;
    }
    this.#set(top + child, score, label);
  }

  #down(top: number, size: number, score: number, label: number): void {
    let parent = 0;
    for (;;) {
      let child = 2 * parent + 1;
      if (child >= size) break;
      const right = top + child + 1;
      if (child + 1 < size && this.#worse(top + child, this.scores[right]!, this.#labels[right]!)) {
        child++;
      }
      if (this.#worse(top + child, score, label)) break;
      this.#set(top + parent, this.scores[top + child]!, this.#labels[top + child]!);
      parent = child;
    }
    if (size > 0) this.#set(top + parent, score, label);
  }

  #set(at: number, score: number, label: number): void {
    this.scores[at] = score;
    this.#labels[at] = label;
  }
}
