import { readFileSync } from 'node:fs';
import { type BinaryIndexData, isLutraError } from '@lutra/core';
import { formatBinaryFactory } from '@lutra/factory';
import { decodeIndex, encodeIndex } from '@lutra/faiss-format';
import { describe, expect, it } from 'vitest';
import { fault } from './compare.js';
import { backend } from './engine.js';

const FOLDER = new URL('../../faiss-format/test/fixtures/', import.meta.url);
const read = (name: string): Buffer => readFileSync(new URL(name, FOLDER));

interface Case {
  name: string;
  factory: string | null;
  ntotal: number;
  state: string;
  search: boolean;
}

const binary = backend.binary!;
const dataOf = (name: string): BinaryIndexData =>
  decodeIndex(new Uint8Array(read(`${name}.faiss`))) as BinaryIndexData;
const all: Case[] = JSON.parse(read('manifest.json').toString()).cases;
const cases = all.filter(({ name }) => /(^|v174-)binary-/.test(name));
const refusal = (name: string): string | undefined => binary.refusesData(dataOf(name));
const taken = cases.filter(({ name }) => refusal(name) === undefined);

/** No string builds these. */
const REFUSED = ['binary-from-float', 'binary-hnsw-cagra'];

describe('golden files of binary indexes', () => {
  it('are all taken but the ones known not to run', () => {
    expect(cases.length).toBeGreaterThan(15);
    expect(
      cases
        .filter((c) => !taken.includes(c))
        .map((c) => c.name)
        .sort(),
    ).toEqual([...REFUSED].sort());
  });

  it.each(REFUSED)('%s is refused with a reason, and load throws it', async (name) => {
    expect(refusal(name)).toMatch(/is not run/);
    const error = await binary.load(dataOf(name)).catch((e: unknown) => e);
    expect(isLutraError(error, 'UNSUPPORTED')).toBe(true);
  });

  it.each(taken)('$name is written back byte for byte', async ({ name, ntotal, state, factory }) => {
    const index = await binary.load(dataOf(name));
    expect(index.ntotal).toBe(ntotal);
    expect(index.isTrained).toBe(state !== 'untrained');
    expect(Buffer.compare(encodeIndex(index.toData()), read(`${name}.faiss`))).toBe(0);
    if (factory !== null) expect(formatBinaryFactory(index.spec)).toBe(factory);
  });

  it.each(taken.filter((c) => c.search))(
    '$name answers as faiss does (exact, tie-aware)',
    async ({ name }) => {
      const index = await binary.load(dataOf(name));
      const { queries, results } = JSON.parse(read(`${name}.search.json`).toString());
      const x = Uint8Array.from(queries.flat());
      for (const { k, nprobe, labels, distances } of results) {
        const found = await index.search(x, k, nprobe === undefined ? {} : { nprobe });
        expect([...found.distances]).toEqual(distances.flat());
        const truth = {
          k,
          labels: Float64Array.from(labels.flat()),
          distances: Float32Array.from(distances.flat()),
        };
        const ours = { ...found, distances: Float32Array.from(found.distances) };
        for (let q = 0; q < queries.length; q++)
          expect(fault(ours, truth, q, 0), `query ${q}`).toBeUndefined();
      }
    },
  );
});
