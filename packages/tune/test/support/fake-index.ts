import {
  type FactorySpec,
  LutraError,
  type SearchParameters,
  type SearchResult,
  type VectorIndex,
} from '@lutra/core';
import { parseFactory } from '@lutra/factory';
import { seededRandom } from '../../src/measure/random.js';

export interface FakeOptions {
  readonly nq: number;
  readonly k: number;
  readonly nlist?: number;
  readonly kFactor?: boolean;
  /** Seconds a query. */
  readonly cost: (nprobe: number, kFactor: number) => number;
  /** What a call takes more than that, as a part of it. */
  readonly noise?: () => number;
  readonly seed?: number;
  /** By how much more lists a result needs; 1 unless told. */
  readonly hard?: number;
}

/**
 * An index whose recall and cost are known: query `i` is the vector `[i]`, its neighbours are `100 i, 100 i + 1, …`, and
 * each is found from a certain nprobe and kFactor on. `seconds` is a clock that only its searches move.
 */
export class FakeIndex {
  readonly d = 1;
  readonly metric = 'l2';
  readonly ntotal = 100_000;
  readonly isTrained = true;
  readonly spec: FactorySpec;
  readonly backend = 'fake';
  readonly refusals: readonly never[] = [];
  parameters: Record<string, number>;
  seconds = 0;
  searches = 0;
  readonly #needs: Float64Array;

  constructor(readonly options: FakeOptions) {
    const { nq, k, nlist = 256, kFactor = false, seed = 1, hard: times = 1 } = options;
    this.spec = parseFactory(`IVF${nlist},${kFactor ? 'PQ1x4fs,RFlat' : 'Flat'}`);
    this.parameters = { nprobe: 1, ...(kFactor && { kFactor: 1 }) };
    const random = seededRandom(seed);
    this.#needs = new Float64Array(nq * k * 2);
    for (let i = 0; i < nq; i++) {
      const hard = random();
      for (let j = 0; j < k; j++) {
        // results of one query hang together, as they do in life
        this.#needs[(i * k + j) * 2] = times * Math.exp(-1 + 4 * hard * random() + 2 * random());
        this.#needs[(i * k + j) * 2 + 1] = kFactor ? 1 + 20 * random() ** 4 : 0;
      }
    }
  }

  get queries(): Float32Array {
    return Float32Array.from({ length: this.options.nq }, (_, i) => i);
  }

  get truth(): { labels: Float64Array; nq: number; k: number } {
    const { nq, k } = this.options;
    const labels = Float64Array.from({ length: nq * k }, (_, at) => 100 * Math.floor(at / k) + (at % k));
    return { labels, nq, k };
  }

  /** The recall of query `i`. */
  recall(i: number, nprobe: number, kFactor = 1): number {
    let hits = 0;
    for (let j = 0; j < this.options.k; j++) if (this.#found(i, j, nprobe, kFactor)) hits++;
    return hits / this.options.k;
  }

  recalls(nprobe: number, kFactor = 1): Float64Array {
    return Float64Array.from({ length: this.options.nq }, (_, i) => this.recall(i, nprobe, kFactor));
  }

  #found(i: number, j: number, nprobe: number, kFactor: number): boolean {
    const at = (i * this.options.k + j) * 2;
    return this.#needs[at]! <= nprobe && this.#needs[at + 1]! <= kFactor;
  }

  async search(x: Float32Array, k: number, p: SearchParameters = {}): Promise<SearchResult> {
    if (p.signal?.aborted) throw new LutraError('ABORTED', 'stopped', {});
    const { nprobe = this.parameters.nprobe!, kFactor = this.parameters.kFactor ?? 1 } = p;
    const labels = new Float64Array(x.length * k).fill(-1);
    x.forEach((query, i) => {
      let taken = 0;
      for (let j = 0; j < Math.min(k, this.options.k); j++) {
        if (this.#found(query, j, nprobe, kFactor)) labels[i * k + taken++] = 100 * query + j;
      }
    });
    const { cost, noise = () => 0 } = this.options;
    this.seconds += x.length * cost(nprobe, kFactor) * (1 + noise());
    this.searches++;
    return { distances: new Float32Array(labels.length), labels, nq: x.length, k };
  }

  setParameters(parameters: Record<string, number>): void {
    this.parameters = { ...this.parameters, ...parameters };
  }

  toData(): unknown {
    return { kind: 'Fake', bytes: new Uint8Array(1000) };
  }

  /** As tuning takes it. */
  get asIndex(): VectorIndex {
    return this as unknown as VectorIndex;
  }
}
