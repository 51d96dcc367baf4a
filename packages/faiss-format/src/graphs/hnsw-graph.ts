import type { HnswGraphData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import {
  type FieldTable,
  f64Array,
  i32,
  i32Array,
  idArray,
  readFields,
  writeFields,
} from '../bytes/fields.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';

const FIELDS: FieldTable<HnswGraphData> = {
  assignProbas: f64Array,
  cumNneighborPerLevel: i32Array,
  levels: i32Array,
  offsets: idArray,
  neighbors: i32Array,
  entryPoint: i32,
  maxLevel: i32,
  efConstruction: i32,
  efSearch: i32,
  upperBeam: i32,
};

/** Reads an HNSW of `ntotal` nodes: five arrays, five numbers. */
export function* readHnswGraph(r: ByteReader, ntotal: number): Reading<HnswGraphData> {
  const graph = yield* readFields(r, FIELDS, 'hnsw.');
  check(graph, ntotal, r);
  return graph;
}

/** Writes an HNSW of `ntotal` nodes. */
export function writeHnswGraph(graph: HnswGraphData, ntotal: number, out: ByteSink): void {
  check(graph, ntotal, out);
  writeFields(out, FIELDS, graph, 'hnsw.');
}

function check(graph: HnswGraphData, ntotal: number, judge: Judge): void {
  const { levels, cumNneighborPerLevel: cum, maxLevel, entryPoint } = graph;
  judge.length('hnsw.levels', levels.length, ntotal);
  checkRising(cum, judge);
  checkPlaces(graph, judge);
  judge.value(maxLevel < cum.length, 'hnsw.maxLevel', `below ${cum.length}`, maxLevel);
  judge.value(entryPoint >= -1 && entryPoint < ntotal, 'hnsw.entryPoint', `-1 to ${ntotal - 1}`, entryPoint);
  checkNodes(graph.neighbors, ntotal, 'hnsw.neighbors', judge);
}

function checkRising(cum: Int32Array, judge: Judge): void {
  const field = 'hnsw.cumNneighborPerLevel';
  for (let i = 0, previous = 0; i < cum.length; i++) {
    const ok = i === 0 ? cum[i] === 0 : cum[i]! >= previous;
    if (!ok) judge.value(false, field, i === 0 ? '0 first' : `at least ${previous}`, cum[i]!);
    previous = cum[i]!;
  }
}

/** Every node has the places of its levels, one node after the other. */
function checkPlaces(
  { levels, offsets, neighbors, cumNneighborPerLevel: cum }: HnswGraphData,
  judge: Judge,
): void {
  judge.length('hnsw.offsets', offsets.length, levels.length + 1);
  if (offsets[0] !== 0) judge.value(false, 'hnsw.offsets', '0 first', offsets[0]!);
  for (let i = 0; i < levels.length; i++) {
    const level = levels[i]!;
    if (level < 1 || level >= cum.length) {
      judge.value(false, 'hnsw.levels', `levels 1 to ${cum.length - 1}`, level);
    }
    const end = offsets[i]! + cum[level]!;
    if (offsets[i + 1] !== end)
      judge.value(false, 'hnsw.offsets', `${end} behind node ${i}`, offsets[i + 1]!);
  }
  judge.length('hnsw.neighbors', neighbors.length, offsets[levels.length]!);
}

/** Every value is a node below `ntotal`, or -1. */
export function checkNodes(nodes: Int32Array, ntotal: number, field: string, judge: Judge): void {
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i]!;
    if (node < -1 || node >= ntotal) judge.value(false, field, `nodes -1 to ${ntotal - 1}`, node);
  }
}
