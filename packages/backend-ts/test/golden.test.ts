import { readFileSync } from 'node:fs';
import { isLutraError, type SearchParameters } from '@lutra/core';
import { formatFactory, parseFactory } from '@lutra/factory';
import { decodeIndex, encodeIndex } from '@lutra/faiss-format';
import { describe, expect, it } from 'vitest';
import { fault } from './compare.js';
import { backend } from './engine.js';

const FOLDER = new URL('../../faiss-format/test/fixtures/', import.meta.url);
const read = (name: string): Buffer => readFileSync(new URL(name, FOLDER));

interface Case {
  name: string;
  factory: string | null;
  d: number;
  ntotal: number;
  state: string;
  search: boolean;
}

interface Searches {
  queries: number[][];
  results: { k: number; nprobe?: number; kFactor?: number; labels: number[][]; distances: number[][] }[];
}

const cases: Case[] = JSON.parse(read('manifest.json').toString()).cases;
const bytesOf = (name: string): Uint8Array => new Uint8Array(read(`${name}.faiss`));
const refusal = (name: string): string | undefined => backend.refusesData(decodeIndex(bytesOf(name)));
const taken = cases.filter((c) => refusal(c.name) === undefined);
const refused = cases.filter((c) => refusal(c.name) !== undefined);

/** What the engine is known not to run; a fixture that moves in or out of here is a change users see. */
const REFUSED = [
  'hnsw4-no-storage',
  'hnsw4-two-layer-ivf',
  'ivf-flat-no-lists',
  'ivf-flat-on-disk',
  'ivf-sh-threshold2',
  'pt-centering',
  'pt-remap-shrink',
];

const refusedScalar = (name: string): boolean => /sq-[48]bit-uniform/.test(name);

/** The kinds that the engine runs in some way; what has others in it is refused by their name. */
const RUN = [
  'Flat',
  'Pq',
  'PqFastScan',
  'IvfFlat',
  'IvfPq',
  'IvfPqFastScan',
  'ScalarQuantizer',
  'IvfScalarQuantizer',
  'IvfPqr',
  'AdditiveQuantizer',
  'IvfAdditiveQuantizer',
  'AdditiveFastScan',
  'IvfAdditiveFastScan',
  'Lsh',
  'RaBitQ',
  'Eden',
  'IvfEden',
  'IvfSpectralHash',
  'IvfRaBitQ',
  'RaBitQFastScan',
  'IvfRaBitQFastScan',
  'MultiIndexQuantizer',
  'ResidualCoarseQuantizer',
  'HnswFlat',
  'HnswPq',
  'HnswSq',
  'HnswFlatPanorama',
  'HnswTwoLayer',
  'TwoLayer',
  'FlatPanorama',
  'IvfFlatPanorama',
  'IvfFlatDedup',
  'RefinePanorama',
  'Refine',
  'PreTransform',
  'IdMap',
  'IdMap2',
];

/** The kinds of an index and of those nested in it. */
function kindsOf(data: object): string[] {
  const below = Object.values(data).filter(
    (x) => typeof x === 'object' && x !== null && 'ntotal' in x && 'kind' in x,
  );
  return [(data as { kind: string }).kind, ...below.flatMap(kindsOf)];
}

const isForeign = (name: string): boolean =>
  kindsOf(decodeIndex(bytesOf(name))).some((kind) => !RUN.includes(kind));

describe('golden files', () => {
  it('are all taken but the ones known not to run', () => {
    const names = refused.map((c) => c.name).filter((name) => !isForeign(name) && !refusedScalar(name));
    expect(names.sort()).toEqual(REFUSED);
    expect(taken.filter((c) => isForeign(c.name))).toEqual([]);
  });

  it.each(refused)('$name is refused with a reason, and load throws it', async ({ name }) => {
    const data = decodeIndex(bytesOf(name));
    expect(backend.refusesData(data)).toMatch(/is not run/);
    const error = await backend.load(data).then(
      () => undefined,
      (e: unknown) => e,
    );
    expect(isLutraError(error, 'UNSUPPORTED')).toBe(true);
  });

  it.each(taken)('$name is written back byte for byte', async ({ name, ntotal, state, factory }) => {
    const bytes = bytesOf(name);
    const index = await backend.load(decodeIndex(bytes));
    expect(index.ntotal).toBe(ntotal);
    expect(index.isTrained).toBe(state !== 'untrained');
    expect(Buffer.compare(encodeIndex(index.toData()), bytes)).toBe(0);
    if (factory !== null) expect(parseFactory(formatFactory(index.spec))).toEqual(index.spec);
  });

  it.each(taken.filter((c) => c.search))(
    '$name answers as faiss does (relative 1e-5, tie-aware)',
    async (c) => {
      const data = decodeIndex(bytesOf(c.name));
      const index = await backend.load(data);
      const { queries, results }: Searches = JSON.parse(read(`${c.name}.search.json`).toString());
      const x = Float32Array.from(queries.flat());
      for (const { k, nprobe, kFactor, labels, distances } of results) {
        const parameters: SearchParameters = {
          ...(nprobe !== undefined && { nprobe }),
          ...(kFactor !== undefined && { kFactor }),
        };
        const truth = {
          k,
          labels: Float64Array.from(labels.flat()),
          distances: Float32Array.from(distances.flat()),
        };
        const found = await index.search(x, k, parameters);
        const scale = scaleOf(truth.distances);
        for (let q = 0; q < queries.length; q++) {
          expect(fault(found, truth, q, scale), `${JSON.stringify(parameters)} query ${q}`).toBeUndefined();
        }
      }
    },
  );
});

/** The largest real distance, whose rounding is the floor for those that cancel to nearly zero. */
function scaleOf(distances: Float32Array): number {
  return distances.reduce((max, v) => (Math.abs(v) < 1e38 ? Math.max(max, Math.abs(v)) : max), 0);
}
