import { processorSeconds } from './shared.mjs';

/** An index that remembers what each setting found for each of some queries; searches that are timed always run. */
export class Remembered {
  #labels = new Map();
  #timed = false;
  #rowOf = new Map();

  constructor(index, queries, truth, k) {
    Object.assign(this, { index, queries, truth, k });
    const { d } = index;
    for (let i = 0; i < queries.length / d; i++) this.#rowOf.set(this.#keyAt(queries, i * d), i);
  }

  get d() {
    return this.index.d;
  }
  get metric() {
    return this.index.metric;
  }
  get ntotal() {
    return this.index.ntotal;
  }
  get spec() {
    return this.index.spec;
  }
  get backend() {
    return this.index.backend;
  }
  get parameters() {
    return this.index.parameters;
  }
  toData() {
    return this.index.toData();
  }

  /** What tuning is given: these of the queries, and a clock whose every other look ends a timed search. */
  dealt(chosen) {
    const { d, queries, truth, k } = this;
    const values = new Float32Array(chosen.length * d);
    const labels = new Float64Array(chosen.length * k);
    for (const [i, id] of chosen.entries()) {
      values.set(queries.subarray(id * d, (id + 1) * d), i * d);
      labels.set(truth.labels.subarray(id * k, (id + 1) * k), i * k);
    }
    const clock = () => {
      this.#timed = !this.#timed;
      return processorSeconds();
    };
    return { queries: values, groundTruth: { labels, nq: chosen.length, k }, clock };
  }

  async search(x, k, setting) {
    if (this.#timed) return this.index.search(x, k, setting);
    const { d } = this;
    const nq = x.length / d;
    const chosen = Array.from({ length: nq }, (_, i) => this.#rowOf.get(this.#keyAt(x, i * d)));
    const known = await this.#known(setting, chosen);
    const labels = new Float64Array(nq * k);
    for (const [i, id] of chosen.entries()) labels.set(known.subarray(id * k, (id + 1) * k), i * k);
    return { distances: new Float32Array(nq * k), labels, nq, k };
  }

  /** Mean recall of these of the queries. */
  async recall(setting, chosen) {
    const { k, truth } = this;
    const known = await this.#known(setting, chosen);
    let hits = 0;
    for (const id of chosen) {
      const right = new Set(truth.labels.subarray(id * k, (id + 1) * k));
      for (let j = id * k; j < (id + 1) * k; j++) if (right.has(known[j])) hits++;
    }
    return hits / (k * chosen.length);
  }

  /** Labels of all queries by this setting, those chosen filled in; -2 where not yet searched. */
  async #known(setting, chosen) {
    const { k, d, queries } = this;
    const key = JSON.stringify(Object.entries(setting).sort());
    if (!this.#labels.has(key)) this.#labels.set(key, new Int32Array((queries.length / d) * k).fill(-2));
    const labels = this.#labels.get(key);
    const missing = [...new Set(chosen)].filter((id) => labels[id * k] === -2);
    for (let at = 0; at < missing.length; at += 512) {
      const some = missing.slice(at, at + 512);
      const x = new Float32Array(some.length * d);
      for (const [i, id] of some.entries()) x.set(queries.subarray(id * d, (id + 1) * d), i * d);
      const found = await this.index.search(x, k, setting);
      for (const [i, id] of some.entries()) labels.set(found.labels.subarray(i * k, (i + 1) * k), id * k);
    }
    return labels;
  }

  #keyAt(x, at) {
    return x.subarray(at, at + Math.min(this.d, 8)).join();
  }
}
