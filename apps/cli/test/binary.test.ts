import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { decodeNpy, encodeNpy } from '@lutra/npy';
import { describe, expect, it } from 'vitest';
import { runCli, runJson } from './support/run-cli.js';
import { useWorkspace } from './support/workspace.js';

const FOLDER = new URL('../../../packages/faiss-format/test/fixtures/', import.meta.url);
const file = (name: string): string => fileURLToPath(new URL(`${name}.faiss`, FOLDER));
const ws = useWorkspace();

interface Searches {
  queries: number[][];
  results: { k: number; labels: number[][]; distances: number[][] }[];
}

/** The queries of a golden file as an .npy file, and what faiss finds. */
async function golden(name: string): Promise<{ path: string; nq: number; k: number; distances: number[][] }> {
  const { queries, results }: Searches = JSON.parse(
    readFileSync(new URL(`${name}.search.json`, FOLDER), 'utf8'),
  );
  const path = ws.path('queries.npy');
  const shape = [queries.length, queries[0]!.length];
  await writeFile(path, encodeNpy({ data: Uint8Array.from(queries.flat()), dtype: '|u1', shape }));
  const { k, distances } = results[0]!;
  return { path, nq: queries.length, k, distances };
}

describe('a binary index', () => {
  it.each(['binary-flat', 'binary-hnsw', 'binary-multihash'])('%s is searched by bytes', async (name) => {
    const { path, k, distances } = await golden(name);
    const found = await runJson<{ metric: string; distances: number[][] }>([
      'search',
      file(name),
      path,
      '-k',
      `${k}`,
    ]);
    expect(found.metric).toBe('hamming');
    expect(found.distances).toEqual(distances);
  });

  it('writes int32 distances', async () => {
    const { path, nq, k, distances } = await golden('binary-flat');
    const out = ws.path('distances.npy');
    const argv = ['search', file('binary-flat'), path, '-k', `${k}`, '--distances', out];
    expect((await runCli(argv)).code).toBe(0);
    const array = decodeNpy(await readFile(out));
    expect([array.dtype, ...array.shape]).toEqual(['<i4', nq, k]);
    expect(Array.from(array.data as Int32Array)).toEqual(distances.flat());
  });

  it('says which string builds it and who serves it', async () => {
    const { out } = await runCli(['inspect', file('binary-ivf-hnsw')]);
    expect(out).toMatch(/^factory +BIVF4_HNSW4$/m);
    expect(out).toMatch(/^backend +ts$/m);
    const cagra = await runCli(['inspect', file('binary-hnsw-cagra')]);
    expect(cagra.out).toMatch(/no factory string builds this/);
    expect(cagra.out).toMatch(/^backend +ts: .*BinaryHnswCagra.* is not run$/m);
  });

  it('wants queries of bytes, and is no index of floats', async () => {
    const floats = await ws.vectors('floats.npy', new Float32Array(64), 32);
    const wrong = await runCli(['search', file('binary-flat'), floats]);
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringMatching(/holds no uint8/)]);
    const evaluated = await runCli(['eval', file('binary-flat'), floats, '--base', floats]);
    expect([evaluated.code, evaluated.err]).toEqual([2, expect.stringMatching(/found a binary index/)]);
  });
});
