import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BinaryIndex, BinaryIndexData } from '@lutra/core';
import { parseBinaryFactory } from '@lutra/factory';
import { decodeIndex, encodeIndex } from '@lutra/faiss-format';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fault, type Table } from '../compare.js';
import { words } from '../data.js';
import { backend } from '../engine.js';

const script = join(import.meta.dirname, 'binary.py');
const python = process.env.LUTRA_PYTHON ?? 'python3';
const D = 96;
const N = 1500;
const NQ = 40;
const K = 10;
const base = words(N, 5, D / 8);
const queries = words(NQ, 77, D / 8);
const binary = backend.binary!;

const cases = [
  { factory: 'BFlat' },
  { factory: 'BIVF16', nprobe: 4 },
  { factory: 'BIVF16_HNSW4', nprobe: 4 },
  { factory: 'BHNSW8' },
  { factory: 'BHash10', nflip: 2 },
  { factory: 'BHash4x12', nflip: 1 },
  { factory: 'IDMap,BFlat' },
  { factory: 'IDMap2,BIVF16', nprobe: 8 },
].map((c) => ({ ...c, name: c.factory.replace(/\W/g, '_') }));
type Case = (typeof cases)[number] & { nprobe?: number; nflip?: number };

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lutra-binary-'));
  writeFileSync(join(folder, 'base.u8'), base);
  writeFileSync(join(folder, 'queries.u8'), queries);
  for (const { factory, name } of cases) {
    const index = await binary.create(parseBinaryFactory(factory), { d: D });
    await index.train(base);
    await index.add(base);
    writeFileSync(join(folder, `${name}.ours.index`), encodeIndex(index.toData()));
  }
  writeFileSync(join(folder, 'job.json'), JSON.stringify({ d: D, k: K, cases }));
  execFileSync(python, [script, folder], { stdio: ['ignore', 'inherit', 'inherit'] });
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Rows {
  distances: number[][];
  labels: number[][];
}

const tableOf = ({ distances, labels }: Rows): Table => ({
  k: K,
  distances: Float32Array.from(distances.flat()),
  labels: Float64Array.from(labels.flat()),
});

async function load(file: string): Promise<BinaryIndex> {
  const bytes = new Uint8Array(readFileSync(join(folder, file)));
  return binary.load(decodeIndex(bytes) as BinaryIndexData);
}

async function search(index: BinaryIndex, { nprobe, nflip }: Case): Promise<Table> {
  const given = { ...(nprobe !== undefined && { nprobe }), ...(nflip !== undefined && { nflip }) };
  const { distances, labels } = await index.search(queries, K, given);
  return { k: K, distances: Float32Array.from(distances), labels };
}

function expectSame(ours: Table, theirs: Table): void {
  for (let q = 0; q < NQ; q++) expect(fault(ours, theirs, q, 0), `query ${q}`).toBeUndefined();
}

/** The share of the true distances to the nearest that were found. */
function recall(found: Table, truth: Table): number {
  let right = 0;
  for (let q = 0; q < NQ; q++) {
    const last = truth.distances[(q + 1) * K - 1]!;
    for (let i = q * K; i < (q + 1) * K; i++)
      if (found.labels[i]! >= 0 && found.distances[i]! <= last) right++;
  }
  return right / (NQ * K);
}

describe.each(cases)('$factory', (c) => {
  const read = () => JSON.parse(readFileSync(join(folder, `${c.name}.json`), 'utf8'));

  it('built here is searched by faiss with the same results (exact, tie-aware)', async () => {
    const { ntotal, ours } = read();
    expect(ntotal).toBe(N);
    expectSame(await search(await load(`${c.name}.ours.index`), c), tableOf(ours));
  });

  it('built by faiss is searched here with the same results (exact, tie-aware), and written back', async () => {
    const index = await load(`${c.name}.theirs.index`);
    expectSame(await search(index, c), tableOf(read().theirs));
    const bytes = readFileSync(join(folder, `${c.name}.theirs.index`));
    expect(Buffer.compare(encodeIndex(index.toData()), bytes)).toBe(0);
  });

  it('built here finds as much as built by faiss', async () => {
    const { ours, theirs, sameCentroidBytes } = read();
    const truth = await search(await load('BFlat.ours.index'), {} as Case);
    expect(recall(tableOf(ours), truth)).toBeGreaterThanOrEqual(recall(tableOf(theirs), truth) - 0.02);
    // sums of whole numbers are exact in any order: only a component of exactly 0 may come out differently
    if (sameCentroidBytes !== undefined) expect(sameCentroidBytes).toBeGreaterThan(0.99);
  });
});
