/**
 * How an HNSW graph grows, with faiss's rules. Scalar reference.
 * @see Malkov & Yashunin 2018, algorithms 1 and 4; Dobson et al. 2023, "Scaling graph-based ANNS algorithms to billion-size
 *   datasets: a comparative analysis"; faiss/impl/HNSW.cpp from 1.15.1 on
 */
import type { NodeDistance, Ptr } from '../contract.js';
import type { LinearMemory } from '../memory/linear-memory.js';
import { Graph } from './graph.js';
import { PairHeap } from './pair-heap.js';

/** Of the places of a full list, faiss leaves these free when it chooses anew. */
const HEADROOM = Math.fround(0.2);

/** A node, and its distance or negated product. */
interface Near {
  readonly node: number;
  readonly key: number;
}

/** @see Kernels.hnswLink */
export function hnswLink(
  memory: LinearMemory,
  g: Ptr,
  x: Ptr,
  id: number,
  level: number,
  distance?: NodeDistance,
): void {
  const graph = new Graph(memory, g, distance);
  const entry = graph.entryPoint;
  let nearest: Near = { node: entry, key: graph.keys(x, [entry])[0]! };
  let on = graph.maxLevel;
  for (; on > level; on--) nearest = graph.descend(x, on, nearest);
  for (; on >= 0; on--) {
    const found = nearestOn(graph, x, on, nearest);
    const places = graph.places(on);
    const chosen = found.size < places ? found : heapOf(choose(graph, nearestFirst(found), places));
    const links = graph.links(id, on);
    for (let i = 0; chosen.size > 0; chosen.pop()) links[i++] = chosen.topId;
  }
}

/** @see Kernels.hnswMerge */
export function hnswMerge(
  memory: LinearMemory,
  g: Ptr,
  node: number,
  level: number,
  incoming: Ptr,
  n: number,
  distance?: NodeDistance,
): void {
  const graph = new Graph(memory, g, distance);
  const links = graph.links(node, level);
  const ids = [...graph.neighbors(node, level), ...memory.u32(incoming, n)];
  if (ids.length <= links.length) {
    links.set(ids);
    return;
  }
  const all = graph.keys(graph.row(node), ids).map((key, i) => ({ node: ids[i]!, key }));
  all.sort((a, b) => a.key - b.key || a.node - b.node);
  const most = Math.trunc(Math.fround(links.length - Math.fround(links.length * HEADROOM)));
  links.fill(-1);
  links.set(choose(graph, all, most).map((near) => near.node));
}

/** The `efConstruction` nearest to x on `level` that a search finds, worst on top. */
function nearestOn(graph: Graph, x: Ptr, level: number, from: Near): PairHeap {
  const found = new PairHeap();
  const open = new PairHeap();
  const visited = new Set([from.node]);
  found.push(from.key, from.node);
  open.push(-from.key, from.node);
  while (open.size > 0) {
    if (-open.topKey > found.topKey) break;
    const node = open.topId;
    open.pop();
    const fresh = graph.neighbors(node, level).filter((id) => !visited.has(id) && visited.add(id));
    graph.keys(x, fresh).forEach((key, i) => {
      if (found.size >= graph.efConstruction && !(found.topKey > key)) return;
      found.push(key, fresh[i]!);
      open.push(-key, fresh[i]!);
      if (found.size > graph.efConstruction) found.pop();
    });
  }
  return found;
}

/** What `found` holds; among equals in the order in which a heap, filled from its top on, gives them. */
function nearestFirst(found: PairHeap): Near[] {
  const turned = new PairHeap();
  for (; found.size > 0; found.pop()) turned.push(-found.topKey, found.topId);
  const all: Near[] = [];
  for (; turned.size > 0; turned.pop()) all.push({ node: turned.topId, key: -turned.topKey });
  return all;
}

function heapOf(nodes: readonly Near[]): PairHeap {
  const heap = new PairHeap();
  for (const { key, node } of nodes) heap.push(key, node);
  return heap;
}

/** At most `most` of `among`: from the first on, those that are nearer to the origin than to each that stays. */
function choose(graph: Graph, among: readonly Near[], most: number): Near[] {
  const stay: Near[] = [];
  const ids: number[] = [];
  for (const near of among) {
    if (stay.length === most) break;
    if (graph.keys(graph.row(near.node), ids).some((key) => near.key > key)) continue;
    stay.push(near);
    ids.push(near.node);
  }
  return stay;
}
