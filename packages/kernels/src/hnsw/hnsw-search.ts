/**
 * The search of an HNSW graph with faiss's rules. Scalar reference.
 * @see Malkov & Yashunin 2018; faiss/impl/HNSW.cpp
 */
import type { NodeDistance, Ptr } from '../contract.js';
import type { LinearMemory } from '../memory/linear-memory.js';
import { Candidates, sink } from './candidates.js';
import { Graph } from './graph.js';

/** @see Kernels.hnswSearch */
export function hnswSearch(
  memory: LinearMemory,
  g: Ptr,
  x: Ptr,
  k: number,
  ef: number,
  mask: Ptr,
  _work: Ptr,
  outKeys: Ptr,
  outIds: Ptr,
  distance?: NodeDistance,
): void {
  const graph = new Graph(memory, g, distance);
  const { flip } = graph;
  const keys = memory.f32(outKeys, k).fill(MAX);
  const ids = new Int32Array(memory.buffer, outIds, k).fill(-1);
  explore(memory, graph, { x, k, ef, mask }, (key, id) => {
    if (keys[0]! > key) sink(keys, ids, k, key, id, flip);
  });
  // worst first off the top, to the end
  for (let last = k - 1; last > 0; last--) {
    const [key, id] = [keys[0]!, ids[0]!];
    sink(keys, ids, last, keys[last]!, ids[last]!, flip);
    keys[last] = key;
    ids[last] = id;
  }
}

/** @see Kernels.hnswRange */
export function hnswRange(
  memory: LinearMemory,
  g: Ptr,
  x: Ptr,
  radius: number,
  ef: number,
  mask: Ptr,
  _work: Ptr,
  outKeys: Ptr,
  outIds: Ptr,
  distance?: NodeDistance,
): number {
  let hits = 0;
  const { f32, u32 } = memory.whole;
  explore(memory, new Graph(memory, g, distance), { x, k: 1, ef, mask }, (key, id) => {
    if (!(key < radius)) return;
    f32[(outKeys >>> 2) + hits] = key;
    u32[(outIds >>> 2) + hits] = id;
    hits++;
  });
  return hits;
}

interface Visit {
  readonly x: Ptr;
  readonly k: number;
  readonly ef: number;
  readonly mask: Ptr;
}

/** Shows `offer` the nodes that pass the mask, in the order in which they are reached. */
function explore(
  memory: LinearMemory,
  graph: Graph,
  { x, k, ef, mask }: Visit,
  offer: (key: number, id: number) => void,
): void {
  const { u8 } = memory.whole;
  const passes = (id: number): boolean => mask === 0 || u8[mask + id] !== 0;
  const entry = graph.entryPoint;
  let nearest = { node: entry, key: graph.keys(x, [entry])[0]! };
  for (let level = graph.maxLevel; level > 0; level--) nearest = graph.descend(x, level, nearest);
  const candidates = new Candidates(Math.max(ef, k), graph.flip);
  candidates.push(nearest.key, nearest.node);
  const visited = new Set([nearest.node]);
  if (passes(nearest.node)) offer(nearest.key, nearest.node);
  while (candidates.valid > 0) {
    const { key, id } = candidates.take();
    if (candidates.countBelow(key) >= ef) break;
    const fresh = graph.neighbors(id, 0).filter((node) => !visited.has(node) && visited.add(node));
    graph.keys(x, fresh).forEach((near, i) => {
      const node = fresh[i]!;
      if (passes(node)) offer(near, node);
      candidates.push(near, node);
    });
  }
}

const MAX = 3.4028234663852886e38;
