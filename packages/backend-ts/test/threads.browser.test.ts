import { parseFactory } from '@lutra/factory';
import { encodeIndex } from '@lutra/faiss-format';
import { describe, expect, it } from 'vitest';
import { ts } from '../src/index.js';

const D = 16;
const rows = Float32Array.from({ length: 9000 * D }, (_, i) => Math.sin(i * i) + Math.cos(i % 97));

describe('threads in a browser', () => {
  it('are there on an isolated page, and give the bytes of one', async () => {
    expect((globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated).toBe(true);
    const backend = ts();
    expect(await backend.probe()).toMatchObject({ ok: true, details: { threads: 'yes' } });
    const files: Uint8Array[] = [];
    for (const threads of [1, 2]) {
      const index = await backend.create(parseFactory('IVF64,PQ8x4fs,RFlat'), { d: D, metric: 'l2' });
      await index.train(rows, { threads });
      await index.add(rows, { threads });
      const queries = rows.subarray(0, 100 * D);
      const p = { nprobe: 8, kFactor: 4 };
      expect(await index.search(queries, 5, { ...p, threads })).toEqual(index.searchSync!(queries, 5, p));
      files.push(encodeIndex(index.toData()));
      index.dispose();
    }
    expect(files[1]).toEqual(files[0]);
  });

  it('say it when the file of the worker is not there', async () => {
    const { Worker } = globalThis as unknown as { Worker: new (url: string, options: object) => never };
    const createWorker = () => new Worker('/no-such-file.js', { type: 'module' });
    const index = await ts({ createWorker }).create(parseFactory('Flat'), { d: D, metric: 'l2' });
    await index.add(rows);
    await expect(index.search(rows, 1, { threads: 2 })).rejects.toMatchObject({ code: 'BACKEND' });
    index.dispose();
  });
});
