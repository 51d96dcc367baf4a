import { type HnswGraphData, LutraError } from '@lutra/core';
import {
  type GraphKernels,
  HNSW_WORDS,
  hnswLinkBytes,
  hnswMergeBytes,
  hnswSearchBytes,
  type Ptr,
} from '@lutra/kernels';
import type { Engine } from '../engine.js';
import { GrowingStore } from '../growing-store.js';
import type { Vectors } from '../node.js';
import type { GraphRecords } from './graph-records.js';
import type { GraphVectors } from './graph-storage.js';
import { batchSize, LevelGenerator, levelTable } from './levels.js';

const EF_CONSTRUCTION = 40;
const EF_SEARCH = 16;
const UPPER_BEAM = 1;
const MARKS_A_WORD = 16;

/** What of a graph is neither nodes nor links. */
type GraphState = Pick<
  HnswGraphData,
  | 'assignProbas'
  | 'cumNneighborPerLevel'
  | 'entryPoint'
  | 'maxLevel'
  | 'efConstruction'
  | 'efSearch'
  | 'upperBeam'
>;

/**
 * HNSW: the links between nodes that are vectors of some storage, in kernel memory.
 * @see faiss/impl/HNSW.cpp
 */
export class HnswGraph {
  readonly #engine: Engine;
  readonly #state: GraphState;
  readonly #levels: GrowingStore;
  readonly #offsets: GrowingStore;
  readonly #neighbors: GrowingStore;
  #random: LevelGenerator;
  readonly #record: Ptr;
  readonly #places: Ptr;
  readonly #room: Ptr;
  /** More than the places of any level and efConstruction. */
  readonly #batch: number;
  #kernels: GraphKernels;
  #visited: Ptr = 0;
  #visitedSize = 0;
  #visit = 0;
  /** Of what was opened last. */
  #records: GraphRecords | undefined;
  /** Vectors that searches and links have come across. */
  compared = 0;
  efSearch: number;
  entryPoint: number;
  maxLevel: number;

  constructor(engine: Engine, state: GraphState) {
    this.#engine = engine;
    this.#kernels = engine.kernels;
    this.#state = state;
    this.efSearch = state.efSearch;
    this.entryPoint = state.entryPoint;
    this.maxLevel = state.maxLevel;
    this.#levels = new GrowingStore(engine, 4);
    this.#offsets = new GrowingStore(engine, 8);
    this.#neighbors = new GrowingStore(engine, 4);
    this.#random = new LevelGenerator(state);
    const cum = state.cumNneighborPerLevel;
    let most = state.efConstruction;
    for (let level = 0; level + 1 < cum.length; level++) most = Math.max(most, cum[level + 1]! - cum[level]!);
    this.#batch = most + 8;
    const { memory } = engine;
    this.#record = memory.alloc(HNSW_WORDS.length * 4);
    this.#places = memory.alloc(cum.length * 4);
    memory.i32(this.#places, cum.length).set(cum);
    this.#room = memory.alloc(this.#batch * 8);
  }

  /** An empty graph with M neighbours a node, 2M on the lowest level. */
  static ofM(engine: Engine, M: number): HnswGraph {
    const numbers = { efConstruction: EF_CONSTRUCTION, efSearch: EF_SEARCH, upperBeam: UPPER_BEAM };
    const graph = new HnswGraph(engine, { ...levelTable(M), ...numbers, entryPoint: -1, maxLevel: -1 });
    graph.#startOffsets();
    return graph;
  }

  static fromData(engine: Engine, data: HnswGraphData): HnswGraph {
    assertLinked(data);
    const graph = new HnswGraph(engine, data);
    const n = data.levels.length;
    graph.#levels.load(data.levels, n);
    graph.#offsets.load(data.offsets, n + 1);
    graph.#neighbors.load(data.neighbors, data.neighbors.length);
    return graph;
  }

  #startOffsets(): void {
    this.#engine.memory.f64(this.#offsets.extend(1), 1)[0] = 0;
  }

  /** Nodes. */
  get size(): number {
    return this.#levels.size;
  }

  /** On how many levels each node is; a view. */
  levels(): Int32Array {
    return this.#engine.memory.i32(this.#levels.ptr, this.size);
  }

  /** Places of a node on the lowest level. */
  get lowestPlaces(): number {
    return this.#state.cumNneighborPerLevel[1] ?? 0;
  }

  /** Makes room for `n` nodes. */
  reserve(n: number): void {
    const cum = this.#state.cumNneighborPerLevel;
    const mean = this.#state.assignProbas.reduce((sum, p, level) => sum + p * cum[level + 1]!, 0);
    this.#levels.reserve(n);
    this.#offsets.reserve(n);
    this.#neighbors.reserve(Math.ceil(n * mean + 8 * Math.sqrt(n) * mean));
  }

  /** Adds `n` nodes, without links yet, on levels that are drawn. */
  extend(n: number): void {
    const cum = this.#state.cumNneighborPerLevel;
    const levels = Int32Array.from({ length: n }, () => this.#random.next());
    const more = levels.reduce((sum, level) => sum + cum[level]!, 0);
    const { memory } = this.#engine;
    const from = this.#neighbors.size;
    try {
      this.#levels.reserve(n);
      this.#offsets.reserve(n);
      this.#neighbors.reserve(more);
    } catch (e) {
      this.#random.giveBack(levels);
      throw e;
    }
    const links = this.#neighbors.extend(more);
    memory.i32(links, more).fill(-1);
    memory.i32(this.#levels.extend(n), n).set(levels);
    const offsets = memory.f64(this.#offsets.extend(n), n);
    for (let i = 0, end = from; i < n; i++) {
      end += cum[levels[i]!]!;
      offsets[i] = end;
    }
  }

  /** Allocates what linking works in, so that it does not fail for want of memory. */
  makeReady(): void {
    const most = batchSize(this.size);
    const link = hnswLinkBytes(this.size, this.#state.efConstruction);
    this.#engine.scratch('hnsw.work', Math.max(link, hnswMergeBytes(this.#batch, most)));
    this.#engine.scratch('hnsw.incoming', most * 4);
    this.#makeMarks();
  }

  /** Forgets the nodes from `size` on, which have no links. */
  truncate(size: number): void {
    this.#random.giveBack(this.levels().subarray(size));
    const end = this.#engine.memory.f64(this.#offsets.ptr + size * 8, 1)[0]!;
    this.#levels.truncate(size);
    this.#offsets.truncate(size + 1);
    this.#neighbors.truncate(end);
  }

  clear(): void {
    for (const store of [this.#levels, this.#offsets, this.#neighbors]) store.clear();
    this.#startOffsets();
    this.#random = new LevelGenerator(this.#state);
    this.entryPoint = -1;
    this.maxLevel = -1;
  }

  /** On how many levels a node is. */
  levelsOf(node: number): number {
    return this.#engine.words[(this.#levels.ptr >>> 2) + node]!;
  }

  /** Gives a node that {@link extend} has added, whose vector is at x, its links. Follows {@link open}. */
  link(x: Ptr, node: number): void {
    const work = this.#engine.scratch('hnsw.work', hnswLinkBytes(this.size, this.#state.efConstruction));
    this.#weigh(x);
    this.#kernels.hnswLink(this.#record, x, node, this.levelsOf(node) - 1, work);
    this.#readBack();
  }

  /** Adds `n` links, u32 ids at `incoming`, to those of `node` on `level`. Follows {@link open}. */
  merge(node: number, level: number, incoming: Ptr, n: number): void {
    const work = this.#engine.scratch('hnsw.work', hnswMergeBytes(this.#batch, n));
    this.#kernels.hnswMerge(this.#record, node, level, incoming, n, work);
  }

  /** Where the links of `node` on `level` are among the words of the memory, and how many places there are. */
  linksAt(node: number, level: number): { at: number; places: number } {
    const cum = this.#state.cumNneighborPerLevel;
    const offset = this.#engine.doubles[(this.#offsets.ptr >>> 3) + node]!;
    return {
      at: (this.#neighbors.ptr >>> 2) + offset + cum[level]!,
      places: cum[level + 1]! - cum[level]!,
    };
  }

  /** The k best of one query, keys f32 and ids i32 at `keys` and `ids`. Follows {@link open}; there is an entry point. */
  search(x: Ptr, k: number, ef: number, mask: Ptr, keys: Ptr, ids: Ptr): void {
    const work = this.#engine.scratch('hnsw.work', hnswSearchBytes(Math.max(k, ef)));
    this.#weigh(x);
    this.#kernels.hnswSearch(this.#record, x, k, ef, mask, work, keys, ids);
    this.#readBack();
  }

  /** All visited whose key is below `radius`; returns how many. */
  rangeSearch(x: Ptr, radius: number, ef: number, mask: Ptr, keys: Ptr, ids: Ptr): number {
    const work = this.#engine.scratch('hnsw.work', hnswSearchBytes(ef));
    this.#weigh(x);
    const n = this.#kernels.hnswRange(this.#record, x, radius, ef, mask, work, keys, ids);
    this.#readBack();
    return n;
  }

  /**
   * Writes the kernels' record, for calls until something changes.
   * @param records - of all of the vectors, if there are any
   */
  open({ vectors, d, kind, codeSize, code, distance }: GraphVectors<Vectors>, records?: GraphRecords): void {
    const { kernels } = this.#engine;
    this.#kernels = distance ? kernels.graphBy(distance) : kernels;
    this.#makeMarks();
    const at = records?.of(this.size) ?? 0;
    this.#records = at === 0 ? undefined : records;
    const record: Record<(typeof HNSW_WORDS)[number], number> = {
      neighbors: this.#neighbors.ptr,
      offsets: this.#offsets.ptr,
      places: this.#places,
      vectors,
      d,
      kind,
      visited: this.#visited,
      n: this.size,
      entryPoint: this.entryPoint,
      maxLevel: this.maxLevel,
      visit: this.#visit,
      room: this.#room,
      efConstruction: this.#state.efConstruction,
      batch: this.#batch,
      codeSize,
      code,
      records: at,
      query: 0,
      weights: 0,
      compared: 0,
    };
    this.#engine.memory.i32(this.#record, HNSW_WORDS.length).set(HNSW_WORDS.map((word) => record[word]));
  }

  /** Makes the query x ready for the bounds, where there are records. */
  #weigh(x: Ptr): void {
    if (!this.#records) return;
    const { u, weights } = this.#records.weigh(x);
    const { words } = this.#engine;
    words[(this.#record >>> 2) + QUERY] = u;
    words[(this.#record >>> 2) + WEIGHTS] = weights;
  }

  #readBack(): void {
    const { words } = this.#engine;
    const record = this.#record >>> 2;
    this.#visit = words[record + VISIT]!;
    this.compared += words[record + COMPARED]!;
    words[record + COMPARED] = 0;
  }

  /** Zeroed marks for all nodes. */
  #makeMarks(): void {
    if (this.#visitedSize >= this.size && this.#visited !== 0) return;
    const { memory } = this.#engine;
    memory.free(this.#visited);
    this.#visited = 0;
    const size = Math.max(this.size, Math.ceil(this.#visitedSize * 1.25));
    const words = Math.ceil(size / MARKS_A_WORD);
    this.#visited = memory.alloc(Math.max(1, words) * 4);
    memory.u32(this.#visited, words).fill(0);
    this.#visitedSize = size;
    this.#visit = 0;
  }

  toData(): HnswGraphData {
    const { memory } = this.#engine;
    const { assignProbas, cumNneighborPerLevel, efConstruction, upperBeam } = this.#state;
    return {
      assignProbas,
      cumNneighborPerLevel,
      levels: this.levels(),
      offsets: memory.f64(this.#offsets.ptr, this.size + 1),
      neighbors: memory.i32(this.#neighbors.ptr, this.#neighbors.size),
      entryPoint: this.entryPoint,
      maxLevel: this.maxLevel,
      efConstruction,
      efSearch: this.efSearch,
      upperBeam,
    };
  }
}

const VISIT = HNSW_WORDS.indexOf('visit');
const QUERY = HNSW_WORDS.indexOf('query');
const WEIGHTS = HNSW_WORDS.indexOf('weights');
const COMPARED = HNSW_WORDS.indexOf('compared');

/**
 * What the kernels rely on beyond what the format checks: a walk down from the entry point stays on nodes that have the
 * level it is on.
 * @throws LutraError `FORMAT`
 */
function assertLinked({
  levels,
  offsets,
  neighbors,
  cumNneighborPerLevel: cum,
  ...graph
}: HnswGraphData): void {
  const { entryPoint, maxLevel, efConstruction, efSearch } = graph;
  const wrong = (field: string, message: string): never => {
    throw new LutraError('FORMAT', `load: ${message}`, { format: 'faiss', field: `hnsw.${field}` });
  };
  if (entryPoint >= 0 && (maxLevel < 0 || maxLevel >= levels[entryPoint]!)) {
    wrong(
      'maxLevel',
      `the entry point ${entryPoint} has ${levels[entryPoint]} levels, the graph ${maxLevel + 1}`,
    );
  }
  if (efConstruction < 1) wrong('efConstruction', `efConstruction is ${efConstruction}, wanted at least 1`);
  if (efSearch < 1) wrong('efSearch', `efSearch is ${efSearch}, wanted at least 1`);
  for (let node = 0; node < levels.length; node++) {
    for (let level = 1; level < levels[node]!; level++) {
      const end = offsets[node]! + cum[level + 1]!;
      for (let at = offsets[node]! + cum[level]!; at < end && neighbors[at]! >= 0; at++) {
        if (levels[neighbors[at]!]! > level) continue;
        wrong(
          'neighbors',
          `node ${neighbors[at]} is linked on level ${level} and has ${levels[neighbors[at]!]} levels`,
        );
      }
    }
  }
}
