import { readFileSync } from 'node:fs';
import type { HnswData, VectorIndex } from '@lutra/core';
import { parseFactory } from '@lutra/factory';
import { decodeIndex, encodeIndex } from '@lutra/faiss-format';
import { describe, expect, it } from 'vitest';
import { ts } from '../src/index.js';
import { clusters } from './data.js';
import { backend, build, create } from './engine.js';
import { expectError } from './expect-error.js';

const FOLDER = new URL('../../faiss-format/test/fixtures/', import.meta.url);
const D = 8;
const base = clusters(600, D, { seed: 9 });
const queries = clusters(600, D, { seed: 9, rows: 20 });

const golden = (name: string): { bytes: Uint8Array; vectors: Float32Array } => {
  const bytes = new Uint8Array(readFileSync(new URL(`${name}.faiss`, FOLDER)));
  const { storage } = decodeIndex(bytes) as HnswData;
  if (storage?.kind !== 'Flat') throw new Error(`${name} is not over Flat`);
  return { bytes, vectors: storage.vectors };
};

async function* inBlocks(x: Float32Array, rows: number): AsyncGenerator<Float32Array> {
  for (let at = 0; at < x.length; at += rows * D) yield x.slice(at, at + rows * D);
}

const recall = async (index: VectorIndex, efSearch: number): Promise<number> => {
  const flat = await build('Flat', D, base);
  const wanted = await flat.search(queries, 5);
  const found = await index.search(queries, 5, { efSearch });
  let hits = 0;
  for (let q = 0; q < 20; q++) {
    const own = found.labels.subarray(5 * q, 5 * q + 5);
    hits += wanted.labels.subarray(5 * q, 5 * q + 5).filter((label) => own.includes(label)).length;
  }
  return hits / 100;
};

describe('a graph', () => {
  it.each(['l2', 'ip'] as const)(
    'by %s is the very one that faiss builds, in batches too',
    async (metric) => {
      const { bytes, vectors } = golden(`hnsw4-batches-${metric}`);
      for (const parts of [(x: Float32Array) => x, (x: Float32Array) => inBlocks(x, 37)]) {
        const index = await backend.create(parseFactory('HNSW4,Flat'), { d: D, metric });
        await index.add(parts(vectors.subarray(0, 400 * D)));
        await index.add(parts(vectors.subarray(400 * D)));
        expect(Buffer.compare(encodeIndex(index.toData()), bytes)).toBe(0);
      }
    },
  );

  it('starts anew after a reset', async () => {
    const index = await build('HNSW8', D, base);
    index.reset();
    expect((await index.search(queries, 3)).labels.every((label) => label === -1)).toBe(true);
    await index.add(base);
    expect(await recall(index, 64)).toBeGreaterThanOrEqual(0.98);
  });

  it('finds more with a larger efSearch, of the call or of the index', async () => {
    const index = await build('HNSW4', D, base);
    expect(index.parameters).toEqual({ efSearch: 16 });
    const few = await recall(index, 1);
    expect(await recall(index, 200)).toBeGreaterThan(few);
    index.setParameters({ efSearch: 200 });
    expect(index.parameters).toEqual({ efSearch: 200 });
    expect(await index.search(queries, 5)).toEqual(await index.search(queries, 5, { efSearch: 200 }));
    await expectError(() => index.search(queries, 5, { efSearch: 0 }), 'ARGUMENT', /efSearch: 0/);
    await expectError(() => index.search(queries, 5, { nprobe: 2 }), 'ARGUMENT', /no parameter nprobe/);
  });

  it('passes through nodes that a filter does not let be found', async () => {
    const index = await build('HNSW8', D, base);
    const wanted = await index.search(queries, 600, { efSearch: 600 });
    const found = await index.search(queries, 600, {
      efSearch: 600,
      filter: { kind: 'predicate', test: (id) => id % 7 === 3 },
    });
    for (let q = 0; q < 20; q++) {
      const all = wanted.labels.subarray(600 * q, 600 * (q + 1)).filter((id) => id % 7 === 3);
      expect(Array.from(found.labels.subarray(600 * q, 600 * q + all.length))).toEqual(Array.from(all));
      expect(found.labels[600 * q + all.length]).toBe(-1);
    }
  });

  it('cannot lose vectors or take in another: neither can that of faiss', async () => {
    const index = await build('IDMap,HNSW4', D, base);
    const other = await build('IDMap,HNSW4', D, base);
    const before = encodeIndex(index.toData());
    await expectError(() => index.removeIds({ kind: 'range', min: 0, max: 3 }), 'UNSUPPORTED', /HNSW/);
    await expectError(() => index.mergeFrom(other), 'UNSUPPORTED', /HNSW/);
    expect(Buffer.compare(encodeIndex(index.toData()), before)).toBe(0);
    const spec = parseFactory('IDMap,HNSW4,RFlat');
    expect(backend.lacks!(spec, { d: D, metric: 'l2' })).toEqual(['removeIds', 'mergeFrom']);
    expect(backend.lacks!(parseFactory('IVF4_HNSW4,Flat'), { d: D, metric: 'l2' })).toEqual([]);
  });

  it('whose addition was stopped is linked to its end by the next', async () => {
    const index = await backend.create(parseFactory('HNSW8'), { d: D, metric: 'l2' });
    const stop = new AbortController();
    const onProgress = ({ stage, done }: { stage: string; done: number }): void => {
      if (stage === 'link' && done > 100) stop.abort();
    };
    await expectError(
      () => index.add(base.subarray(0, 400 * D), { onProgress, signal: stop.signal }),
      'ABORTED',
    );
    expect(index.ntotal).toBe(400);
    const { labels } = await index.search(queries, 400, { efSearch: 400 });
    expect(labels.subarray(0, 400).filter((label) => label >= 0).length).toBeLessThan(200);
    await index.add(base.subarray(400 * D));
    expect(await recall(index, 100)).toBeGreaterThanOrEqual(0.98);
    expect((await index.search(queries, 600, { efSearch: 600 })).labels.includes(-1)).toBe(false);
  });

  it('of a file with links to nodes that are not on that level is refused', async () => {
    const { bytes } = golden('hnsw4-batches-l2');
    const data = decodeIndex(bytes) as HnswData;
    const { levels, offsets, cumNneighborPerLevel: cum } = data.hnsw;
    const high = levels.findIndex((level) => level > 1);
    const neighbors = data.hnsw.neighbors.slice();
    neighbors[offsets[high]! + cum[1]!] = levels.indexOf(1);
    const linked = { ...data, hnsw: { ...data.hnsw, neighbors } };
    await expectError(() => backend.load(linked), 'FORMAT', /is linked on level 1 and has 1 levels/);
    const entered = { ...data, hnsw: { ...data.hnsw, entryPoint: levels.indexOf(1) } };
    await expectError(() => backend.load(entered), 'FORMAT', /the entry point/);
  });
});

describe.each(['l2', 'ip'] as const)('a graph large enough for bounds, %s', (metric) => {
  const d = 32;
  const rows = clusters(1300, d, { seed: 21 });
  const some = clusters(60, d, { seed: 21, rows: 60 });
  const even = { kind: 'predicate', test: (id: number) => id % 2 === 0 } as const;
  const whole = (x: Float32Array): Float32Array => x.map((v) => Math.round(2 * v));

  it('finds the same before and after they are made, and where it was built', async () => {
    const built = await create('HNSW8', d, metric);
    await built.add(rows);
    const loaded = await backend.load(decodeIndex(encodeIndex(built.toData())));
    for (const [k, efSearch, filter] of [
      [1, 4],
      [10, 30],
      [5, 30, even],
      [100, 16],
    ] as const) {
      const wanted = built.searchSync!(some, k, { efSearch, filter });
      for (let i = 0; i < 3; i++) {
        expect(loaded.searchSync!(some, k, { efSearch, filter })).toEqual(wanted);
      }
    }
    const radius = built.searchSync!(some, 10, { efSearch: 50 }).distances[9]!;
    expect(await loaded.rangeSearch!(some, radius)).toEqual(await built.rangeSearch!(some, radius));
  });

  it('takes in what is added later', async () => {
    const index = await create('HNSW8', d, metric);
    await index.add(rows.subarray(0, 1200 * d));
    const before = index.searchSync!(some, 3, { efSearch: 200 });
    await index.add(rows.subarray(1200 * d));
    const loaded = await backend.load(decodeIndex(encodeIndex(index.toData())));
    const after = loaded.searchSync!(some, 3, { efSearch: 200 });
    expect(after).not.toEqual(before);
    expect(index.searchSync!(some, 3, { efSearch: 200 })).toEqual(after);
  });

  it('is the one that is built without them', async () => {
    const files = await Promise.all(
      [backend, ts({ level: 'scalar' })].map(async (own) => {
        const index = await own.create(parseFactory('HNSW4'), { d, metric });
        await index.add(whole(rows));
        return encodeIndex(index.toData());
      }),
    );
    expect(Buffer.compare(files[0]!, files[1]!)).toBe(0);
  });
});
