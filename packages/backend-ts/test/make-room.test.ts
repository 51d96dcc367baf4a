import { isLutraError, type Progress, type VectorIndex } from '@lutra/core';
import { parseFactory } from '@lutra/factory';
import { encodeIndex } from '@lutra/faiss-format';
import { describe, expect, it } from 'vitest';
import { ts } from '../src/index.js';
import { clusters } from './data.js';

const D = 8;
const N = 20_000;
const backend = ts();
const rows = clusters(N, D, { seed: 3, centers: 30, spread: 0.4 });

async function trained(factory: string): Promise<VectorIndex> {
  const index = await backend.create(parseFactory(factory), { d: D, metric: 'l2' });
  await index.train(rows.subarray(0, 2000 * D));
  return index;
}

async function* stream(x: Float32Array): AsyncGenerator<Float32Array> {
  for (let at = 0; at < x.length; at += 3000 * D) yield x.subarray(at, at + 3000 * D);
}

describe('rows that are shown to the lists before they are added', () => {
  for (const factory of ['IVF32,Flat', 'IVF32,PQ4np', 'IVF32,PQ4x4fs', 'IVF32,PQ4x4fs,RFlat']) {
    it(`give ${factory} the bytes that a stream of them gives`, async () => {
      const whole = await trained(factory);
      await whole.add(rows);
      const piecewise = await trained(factory);
      await piecewise.add(stream(rows));
      expect(whole.ntotal).toBe(N);
      expect(encodeIndex(whole.toData())).toEqual(encodeIndex(piecewise.toData()));
    });
  }

  it('are forgotten when the addition stops, early or late', async () => {
    for (const stage of ['assign', 'add']) {
      const index = await trained('IVF32,Flat');
      const stop = new AbortController();
      const onProgress = (p: Progress): void => {
        if (p.stage === stage && p.done > 0) stop.abort();
      };
      const caught = await index.add(rows, { onProgress, signal: stop.signal }).catch((e: unknown) => e);
      expect(isLutraError(caught, 'ABORTED')).toBe(true);
      index.reset();
      // other rows, block by block as long as the first ones
      const other = rows.map((v) => -v);
      await index.add(stream(other));
      const fresh = await trained('IVF32,Flat');
      await fresh.add(other);
      expect(encodeIndex(index.toData())).toEqual(encodeIndex(fresh.toData()));
    }
  });
});
