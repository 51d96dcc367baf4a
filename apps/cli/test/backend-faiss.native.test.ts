import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { runCli } from './support/run-cli.js';
import { clumps, useWorkspace } from './support/workspace.js';

const ws = useWorkspace();
/** The package by its source: its name is for those who have it installed. */
const faiss = fileURLToPath(new URL('../../../packages/backend-faiss/src/index.ts', import.meta.url));

it('builds and searches by native faiss, and the engine reads its file', async () => {
  const base = await ws.vectors('base.npy', clumps(500, 8, 1), 8);
  const index = ws.path('a.index');
  const built = await runCli(['build', base, '-f', 'IVF8,PQ4x4fs,RFlat', '-o', index, '--backend', faiss]);
  expect(built.err + built.out).toMatch(/faiss/);
  expect(built.code).toBe(0);
  const outcomes = [];
  for (const backend of [faiss, 'ts']) {
    const args = ['search', index, base, '-k', '1', '--nprobe', '8', '--k-factor', '20', '--json'];
    const labels = ws.path(`${outcomes.length}.npy`);
    outcomes.push(await runCli([...args, '--labels', labels, '--backend', backend]));
  }
  expect(outcomes.map(({ code }) => code)).toEqual([0, 0]);
  expect(JSON.parse(outcomes[0]!.out)).toMatchObject({ backend: 'faiss' });
});

it('says what is missing where it is not installed', async () => {
  const { code, err } = await runCli(['backends', '--backend', 'faiss'], { cwd: ws.folder });
  expect(code).toBe(0);
  expect(err).toBe('');
});

it.each([
  ['HNSW16', 'efSearch'],
  ['IVF30,Flat', 'nprobe'],
])('tunes %s by native faiss: %s reaches the recall', async (factory, parameter) => {
  const x = clumps(1800, 8, 1, 60);
  const base = await ws.vectors('base.npy', x.subarray(0, 1500 * 8), 8);
  const queries = await ws.vectors('q.npy', x.subarray(1500 * 8), 8);
  const index = ws.path('a.index');
  await runCli(['build', base, '-f', factory, '-o', index, '--backend', faiss]);
  const argv = ['tune', index, '--base', base, '--queries', queries, '--target-recall', '0.9'];
  const { code, out } = await runCli([...argv, '--backend', faiss, '--json', '--seconds', '20']);
  expect(code).toBe(0);
  const { chosen, index: tuned } = JSON.parse(out) as {
    chosen: { recallLow: number; parameters: Record<string, number> };
    index: { backend: string };
  };
  expect([tuned.backend, Object.keys(chosen.parameters)]).toEqual(['faiss', [parameter]]);
  expect(chosen.recallLow).toBeGreaterThanOrEqual(0.9);
  const shown = await runCli(['inspect', index, '--json', '--backend', faiss]);
  expect(shown.out).toContain(`"${parameter}": ${chosen.parameters[parameter]}`);
});
