import { RandomGenerator } from '../random/mt19937.js';

/** The seed of faiss's levels. */
const LEVEL_SEED = 12345;
/** The seed of the order in which nodes of a level are linked, anew for each addition. */
const ORDER_SEED = 789;
const LEAST_PROBABILITY = 1e-9;

/** How likely each level is, and how many places a node has on the levels below each. */
export interface LevelTable {
  readonly assignProbas: Float64Array;
  /** 0, 2M, 3M, … */
  readonly cumNneighborPerLevel: Int32Array;
}

/** faiss's levels of a graph with M neighbours a node: `e^(-l / s) (1 - e^(-1 / s))`, s being 1 / ln M in float32. */
export function levelTable(M: number): LevelTable {
  const scale = Math.fround(1 / Math.log(M));
  const probabilities: number[] = [];
  const places = [0];
  for (let level = 0; ; level++) {
    const p = Math.fround(Math.exp(Math.fround(-level / scale)) * (1 - Math.exp(Math.fround(-1 / scale))));
    if (p < LEAST_PROBABILITY) break;
    probabilities.push(p);
    places.push((level + 2) * M);
  }
  return {
    assignProbas: Float64Array.from(probabilities),
    cumNneighborPerLevel: Int32Array.from(places),
  };
}

/** Draws levels for new nodes; one goes through all additions. */
export class LevelGenerator {
  readonly #probabilities: Float64Array;
  readonly #random = new RandomGenerator(LEVEL_SEED);
  /** Those that were drawn for nodes which then did not come, last first. */
  readonly #back: number[] = [];

  constructor({ assignProbas }: LevelTable) {
    this.#probabilities = assignProbas;
  }

  /** Takes back levels that were drawn last: they are drawn again. */
  giveBack(levels: Int32Array): void {
    for (let i = levels.length - 1; i >= 0; i--) this.#back.push(levels[i]!);
  }

  /** On how many levels the next node is. */
  next(): number {
    return this.#back.pop() ?? this.#draw() + 1;
  }

  #draw(): number {
    let f = this.#random.randFloat();
    for (let level = 0; level < this.#probabilities.length; level++) {
      if (f < this.#probabilities[level]!) return level;
      f -= this.#probabilities[level]!;
    }
    return this.#probabilities.length - 1;
  }
}

/** The nodes from `first` on, on `levels` each, in the order in which faiss links them: those of most levels first, shuffled. */
export function linkOrder(levels: Int32Array, first: number): Uint32Array[] {
  const buckets: number[][] = [];
  levels.forEach((level, i) => {
    while (buckets.length < level) buckets.push([]);
    buckets[level - 1]!.push(first + i);
  });
  const random = new RandomGenerator(ORDER_SEED);
  return buckets.reverse().map((bucket) => shuffled(Uint32Array.from(bucket), random));
}

function shuffled(nodes: Uint32Array, random: RandomGenerator): Uint32Array {
  for (let i = 0; i < nodes.length; i++) {
    const other = i + random.randIntMax(nodes.length - i);
    const node = nodes[other]!;
    nodes[other] = nodes[i]!;
    nodes[i] = node;
  }
  return nodes;
}

const BATCH_SHARE = 0.02;

/** As many nodes are linked at once at most. */
export function batchSize(ntotal: number): number {
  return Math.max(1, Math.floor(ntotal * BATCH_SHARE));
}

/**
 * The batches in which `order` is linked into what will be a graph of `ntotal` nodes: of each level a node alone, then as
 * many as are linked, up to a fiftieth of all.
 */
export function linkBatches(order: readonly Uint32Array[], ntotal: number): Uint32Array[] {
  const most = batchSize(ntotal);
  return order.flatMap((bucket) => {
    const batches: Uint32Array[] = [];
    for (let done = 0; done < bucket.length; ) {
      const count = Math.min(done === 0 ? 1 : done, most);
      batches.push(bucket.subarray(done, done + count));
      done += count;
    }
    return batches;
  });
}
