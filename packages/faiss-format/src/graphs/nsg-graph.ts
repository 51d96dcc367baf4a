import type { NsgGraphData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import { type FieldTable, i32, readFields, writeFields } from '../bytes/fields.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';

const FIELDS: FieldTable<Omit<NsgGraphData, 'graph'>> = {
  ntotal: i32,
  R: i32,
  L: i32,
  C: i32,
  searchL: i32,
  enterpoint: i32,
};

/** Behind the neighbours of a node. */
const END = -1;

/** Reads an NSG: six numbers, whether it is built, and for each node its neighbours and -1. */
export function* readNsgGraph(r: ByteReader): Reading<NsgGraphData> {
  const fields = yield* readFields(r, FIELDS, 'nsg.');
  const isBuilt = yield* r.bool('nsg.graph');
  r.value(fields.ntotal >= 0, 'nsg.ntotal', 'at least 0', fields.ntotal);
  const graph = isBuilt ? yield* readNeighbors(r, fields.ntotal) : null;
  const data: NsgGraphData = { ...fields, graph };
  check(data, r);
  return data;
}

function* readNeighbors(r: ByteReader, ntotal: number): Reading<NsgGraphData['graph']> {
  const most = Math.floor(r.left / 4);
  r.value(ntotal <= most, 'nsg.ntotal', `at most ${most} nodes in the bytes left`, ntotal);
  const offsets = new Int32Array(ntotal + 1);
  let neighbors = new Int32Array(Math.min(1024, most));
  let n = 0;
  for (let i = 0; i < ntotal; i++) {
    for (;;) {
      const node = yield* r.i32('nsg.graph');
      if (node === END) break;
      if (n === neighbors.length) neighbors = grown(neighbors);
      neighbors[n++] = node;
    }
    offsets[i + 1] = n;
  }
  return { offsets, neighbors: neighbors.slice(0, n) };
}

function grown(x: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.ceil(1.5 * x.length) + 16);
  larger.set(x);
  return larger;
}

/** Writes an NSG. */
export function writeNsgGraph(data: NsgGraphData, out: ByteSink): void {
  check(data, out);
  writeFields(out, FIELDS, data, 'nsg.');
  out.bool('nsg.graph', data.graph !== null);
  if (data.graph === null) return;
  const { offsets, neighbors } = data.graph;
  const lists = new Int32Array(neighbors.length + data.ntotal);
  for (let i = 0, at = 0; i < data.ntotal; i++) {
    const list = neighbors.subarray(offsets[i], offsets[i + 1]);
    lists.set(list, at);
    at += list.length;
    lists[at++] = END;
  }
  out.i32s('nsg.graph', lists);
}

function check({ ntotal, R, enterpoint, graph }: NsgGraphData, judge: Judge): void {
  judge.value(R > 0, 'nsg.R', 'above 0', R);
  if (graph === null) return;
  const { offsets, neighbors } = graph;
  const inside = enterpoint >= 0 && enterpoint < ntotal;
  judge.value(inside, 'nsg.enterpoint', `a node below ${ntotal}`, enterpoint);
  judge.length('nsg.graph', offsets.length, ntotal + 1);
  for (let i = 0; i < ntotal; i++) {
    const n = offsets[i + 1]! - offsets[i]!;
    if (n < 0 || n > R) judge.value(false, 'nsg.graph', `0 to ${R} neighbours`, n);
  }
  judge.length('nsg.graph', neighbors.length, offsets[ntotal]! - offsets[0]!);
  for (const node of neighbors) {
    if (node < 0 || node >= ntotal) judge.value(false, 'nsg.graph', `nodes below ${ntotal}`, node);
  }
}
