const bits = new Int32Array(1);
const float = new Float32Array(bits.buffer);
const { fround } = Math;

/** One part's values in ascending order, equal ones by index. */
class SortedPart {
  readonly #values: Float32Array;
  readonly #keys: Float64Array;

  constructor(values: Float32Array) {
    const n = values.length;
    this.#values = values;
    // the bits of a float32 in the order of the values, with the index behind them: sorted without a comparison function
    this.#keys = Float64Array.from(values, (v, i) => {
      float[0] = v;
      return (bits[0]! ^ ((bits[0]! >> 31) & 0x7fffffff)) * n + i;
    }).sort();
  }

  /** Index of the value of rank `rank`. */
  at(rank: number): number {
    const n = this.#values.length;
    const rest = this.#keys[rank]! % n;
    return rest < 0 ? rest + n : rest;
  }

  value(rank: number): number {
    return this.#values[this.at(rank)]!;
  }

  /** What a rank adds to the one before it, rounded to float32 as faiss rounds it. */
  step(rank: number): number {
    return fround(this.value(rank) - this.value(rank - 1));
  }
}

/** A binary heap of `(sum, combination)`, the smallest sum first, of equal ones the smallest combination. */
class Queue {
  readonly #sums: number[] = [];
  readonly #terms: number[] = [];

  get size(): number {
    return this.#sums.length;
  }

  get sum(): number {
    return this.#sums[0]!;
  }

  get term(): number {
    return this.#terms[0]!;
  }

  push(sum: number, term: number): void {
    let i = this.size;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!this.#isAfter(parent, sum, term)) break;
      this.#set(i, this.#sums[parent]!, this.#terms[parent]!);
      i = parent;
    }
    this.#set(i, sum, term);
  }

  pop(): void {
    const [sum, term] = [this.#sums.pop()!, this.#terms.pop()!];
    const n = this.size;
    if (n === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= n) break;
      if (child + 1 < n && this.#isAfter(child, this.#sums[child + 1]!, this.#terms[child + 1]!)) child++;
      if (this.#isAfter(child, sum, term)) break;
      this.#set(i, this.#sums[child]!, this.#terms[child]!);
      i = child;
    }
    this.#set(i, sum, term);
  }

  #isAfter(i: number, sum: number, term: number): boolean {
    const other = this.#sums[i]!;
    return other > sum || (other === sum && this.#terms[i]! > term);
  }

  #set(i: number, sum: number, term: number): void {
    this.#sums[i] = sum;
    this.#terms[i] = term;
  }
}

/**
 * The k smallest sums of one value of each part, ascending: `table` is f32 `(M, ksub)`; label `sum_m index_m · ksub^m`.
 * Sums are formed step by step in float32, as in faiss; a combination that is reached by two ways of other rounding comes
 * once, where faiss may give it twice.
 * @param k - at most ksub^M
 * @see Babenko & Lempitsky 2012, "The inverted multi-index"; faiss/IndexPQ.cpp, MinSumK
 */
export function minSums(
  table: Float32Array,
  M: number,
  k: number,
  out: { readonly distances: Float32Array; readonly labels: Float64Array },
  offset: number,
): void {
  const ksub = table.length / M;
  const parts = Array.from({ length: M }, (_, m) => new SortedPart(table.slice(m * ksub, (m + 1) * ksub)));
  const queue = new Queue();
  const seen = new Set<number>();
  queue.push(
    parts.reduce((sum, part) => fround(sum + part.value(0)), 0),
    0,
  );
  for (let found = 0; found < k; ) {
    const { sum, term } = queue;
    queue.pop();
    if (seen.has(term)) continue;
    seen.add(term);
    let label = 0;
    let rest = term;
    for (let m = 0, weight = 1; m < M; m++, weight *= ksub) {
      const rank = rest % ksub;
      rest = (rest - rank) / ksub;
      label += parts[m]!.at(rank) * weight;
      if (rank + 1 < ksub) queue.push(fround(sum + parts[m]!.step(rank + 1)), term + weight);
    }
    out.distances[offset + found] = sum;
    out.labels[offset + found] = label;
    found++;
  }
}
