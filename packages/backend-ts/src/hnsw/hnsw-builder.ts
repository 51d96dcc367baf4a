import type { Ptr } from '@lutra/kernels';
import type { Engine } from '../engine.js';
import type { Vectors } from '../node.js';
import type { Task } from '../task.js';
import type { GraphRecords } from './graph-records.js';
import type { GraphVectors } from './graph-storage.js';
import type { HnswGraph } from './hnsw-graph.js';

/** Nodes between two looks at the event loop. */
const STEP = 16;

/**
 * Links the nodes of an addition, batch by batch: first each node of a batch to what it finds in the graph as it was, then
 * all whom they are linked to, back. What comes out depends neither on the order within a batch nor on threads.
 * @see Dobson et al. 2023, "Scaling graph-based ANNS algorithms to billion-size datasets"; faiss/IndexHNSW.cpp from 1.15.1 on
 */
export class HnswBuilder {
  readonly #engine: Engine;
  readonly #graph: HnswGraph;
  readonly #source: GraphVectors<Vectors>;
  readonly #records: GraphRecords;
  readonly #rowOf: (node: number) => Ptr;
  /** The last of the links that are to come to a node, by node; -1 without any. */
  readonly #heads: Int32Array;

  /**
   * @param source - the vectors, as floats
   * @param records - of them
   * @param rowOf - where the vector of a node lies as it was added, until the next call
   */
  constructor(
    engine: Engine,
    graph: HnswGraph,
    {
      source,
      records,
      rowOf,
    }: { source: GraphVectors<Vectors>; records: GraphRecords; rowOf: (node: number) => Ptr },
  ) {
    this.#engine = engine;
    this.#graph = graph;
    this.#source = source;
    this.#records = records;
    this.#rowOf = rowOf;
    this.#heads = new Int32Array(graph.size).fill(-1);
  }

  /**
   * Links the nodes of `batch`, none of which is linked.
   * @throws LutraError `ABORTED`, when some of them may have links of their own that nobody returns: harmless if the batch
   *   is linked again
   */
  async link(batch: Uint32Array, task: Task): Promise<void> {
    const graph = this.#graph;
    let first = 0;
    if (graph.entryPoint < 0) {
      this.#enterAt(batch[0]!);
      first = 1;
    }
    graph.open(this.#source, this.#records);
    for (let i = first; i < batch.length; i++) {
      if (i % STEP === 0) await task.breathe();
      graph.link(this.#rowOf(batch[i]!), batch[i]!);
    }
    const top = Math.min(graph.levelsOf(batch[0]!) - 1, graph.maxLevel);
    const nodes = batch.slice(first).sort();
    for (let level = top; level >= 0; level--) this.#linkBack(nodes, level);
    if (graph.levelsOf(batch[0]!) - 1 > graph.maxLevel) this.#enterAt(batch[0]!);
  }

  #enterAt(node: number): void {
    this.#graph.entryPoint = node;
    this.#graph.maxLevel = this.#graph.levelsOf(node) - 1;
  }

  /** Links back whoever the `nodes`, ascending, are linked to on `level`. */
  #linkBack(nodes: Uint32Array, level: number): void {
    const graph = this.#graph;
    const heads = this.#heads;
    const from: number[] = [];
    const next: number[] = [];
    const touched: number[] = [];
    // from the last on, each before those that are there: the ids of a node come ascending
    for (let i = nodes.length - 1; i >= 0; i--) {
      const { words } = this.#engine;
      const { at, places } = graph.linksAt(nodes[i]!, level);
      for (let j = at; j < at + places && words[j]! >= 0; j++) {
        const other = words[j]!;
        if (heads[other]! < 0) touched.push(other);
        next.push(heads[other]!);
        from.push(nodes[i]!);
        heads[other] = from.length - 1;
      }
    }
    const incoming = this.#engine.scratch('hnsw.incoming', Math.max(1, nodes.length) * 4);
    for (const node of touched) {
      const { words } = this.#engine;
      let n = 0;
      for (let link = heads[node]!; link >= 0; link = next[link]!)
        words[(incoming >>> 2) + n++] = from[link]!;
      heads[node] = -1;
      graph.merge(node, level, incoming, n);
    }
  }
}
