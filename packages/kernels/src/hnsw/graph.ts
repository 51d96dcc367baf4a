import type { NodeDistance, Ptr } from '../contract.js';
import { ipByIdx, l2sqrByIdx } from '../distance.js';
import { hammingByIdx } from '../hamming.js';
import type { LinearMemory } from '../memory/linear-memory.js';
import { pqBitsScan } from '../pq-bits-scan.js';
import type { ScalarCode } from '../sq-contract.js';
import { sqIp, sqL2 } from '../sq-scan.js';

/** The record of a graph, as `Kernels.hnswSearch` describes it, over the views of the memory as it is now. */
export class Graph {
  readonly #memory: LinearMemory;
  readonly #words: Uint32Array;
  readonly #signed: Int32Array;
  readonly #at: number;
  /** The whole memory, for nodes at -1 and beyond. */
  readonly #offsets: Float64Array;

  readonly #distance: NodeDistance | undefined;

  constructor(memory: LinearMemory, g: Ptr, distance?: NodeDistance) {
    const { u32 } = memory.whole;
    this.#memory = memory;
    this.#distance = distance;
    this.#words = u32;
    this.#signed = new Int32Array(u32.buffer);
    this.#at = g >>> 2;
    this.#offsets = new Float64Array(u32.buffer, this.#word(1));
  }

  #word(i: number): number {
    return this.#words[this.#at + i]!;
  }

  get flip(): number {
    return -(this.#word(5) & 1);
  }

  get entryPoint(): number {
    return this.#signed[this.#at + 8]!;
  }

  get maxLevel(): number {
    return this.#signed[this.#at + 9]!;
  }

  get efConstruction(): number {
    return this.#word(12);
  }

  /** How many places a node has on `level`. */
  places(level: number): number {
    const cum = (this.#word(2) >>> 2) + level;
    return this.#signed[cum + 1]! - this.#signed[cum]!;
  }

  /** The places of `node` on `level`, -1 where there is no neighbour; a view. */
  links(node: number, level: number): Int32Array {
    const cum = this.#signed[(this.#word(2) >>> 2) + level]!;
    const from = (this.#word(0) >>> 2) + this.#offsets[node]! + cum;
    return this.#signed.subarray(from, from + this.places(level));
  }

  /** The neighbours of `node` on `level`. */
  neighbors(node: number, level: number): number[] {
    const links = this.links(node, level);
    const end = links.indexOf(-1);
    return Array.from(end < 0 ? links : links.subarray(0, end));
  }

  /** Where the vector of `node` is. */
  row(node: number): Ptr {
    return this.#word(3) + node * (this.#word(5) === 6 ? this.#word(14) : this.#word(4) * 4);
  }

  /** Keys of `ids` against x: distances, or negated products. */
  keys(x: Ptr, ids: readonly number[]): number[] {
    const kind = this.#word(5);
    const distance = this.#distance;
    if (distance) return ids.map((id) => Math.fround(kind % 2 === 1 ? -distance(x, id) : distance(x, id)));
    const room = this.#word(11);
    const { f32, u32 } = this.#memory.whole;
    return ids.map((id) => {
      u32[room >>> 2] = id;
      this.#compare(kind, x, room, room + 4);
      const key = f32[(room >>> 2) + 1]!;
      return kind % 2 === 1 ? -key : key;
    });
  }

  /** The distance, or product, to the one node whose id is at `id`. */
  #compare(kind: number, x: Ptr, id: Ptr, out: Ptr): void {
    const memory = this.#memory;
    const [vectors, d, codeSize] = [this.#word(3), this.#word(4), this.#word(14)];
    const code = this.#word(15) as ScalarCode;
    const { f32, u32 } = memory.whole;
    if (kind === 0) l2sqrByIdx(memory, x, vectors, d, id, 1, out);
    else if (kind === 6) hammingByIdx(memory, x, vectors, codeSize, id, 1, out);
    else if (kind === 1) ipByIdx(memory, x, vectors, d, id, 1, out);
    else if (kind === 2) sqL2(memory, code, x, x + 4 * d, vectors, codeSize, d, id, 1, out);
    else if (kind === 3) sqIp(memory, code, x, f32[(x >>> 2) + d]!, vectors, codeSize, d, id, 1, out);
    else pqBitsScan(memory, vectors + u32[id >>> 2]! * codeSize, 1, d, code, codeSize, x, 0, out);
  }

  /** From `node`, by ever nearer neighbours on `level`, to the nearest that has no nearer one. */
  descend(x: Ptr, level: number, from: { node: number; key: number }): { node: number; key: number } {
    let { node, key } = from;
    for (;;) {
      const before = node;
      const ids = this.neighbors(node, level);
      this.keys(x, ids).forEach((k, i) => {
        if (k < key) {
          key = k;
          node = ids[i]!;
        }
      });
      if (node === before) return { node, key };
    }
  }
}
