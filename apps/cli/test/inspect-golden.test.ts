import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { IndexTree } from '@lutra/faiss-format';
import { describe, expect, it } from 'vitest';
import { runCli } from './support/run-cli.js';

const FOLDER = new URL('../../../packages/faiss-format/test/fixtures/', import.meta.url);
const names: string[] = JSON.parse(readFileSync(new URL('manifest.json', FOLDER), 'utf8')).cases.map(
  (c: { name: string }) => c.name,
);

const sum = (tree: IndexTree): number =>
  Object.entries(tree.bytes).reduce((n, [part, bytes]) => (part === 'total' ? n : n + bytes), 0);

describe('inspect explains every file of faiss', () => {
  it('all of them, and says which string builds it and who serves it', async () => {
    const silent: string[] = [];
    let named = 0;
    let served = 0;
    for (const name of names) {
      const path = fileURLToPath(new URL(`${name}.faiss`, FOLDER));
      const { code, out, err } = await runCli(['inspect', path]);
      const head = /^(Index|ResidualCoarse|MultiIndex)\w+ \(\w{4}\), d \d+, [\d,]+ vectors, \w+, /m;
      if (code !== 0 || !head.test(out) || /undefined|NaN|\[object/.test(out))
        silent.push(`${name}: ${out}${err}`);
      if (!out.includes('no factory string builds this')) named++;
      if (/^backend +ts$/m.test(out)) served++;
    }
    expect(silent).toEqual([]);
    expect(names.length).toBeGreaterThan(400);
    expect(named).toBeGreaterThanOrEqual(served);
    expect(served).toBeGreaterThan(50);
  });

  it('accounts for every byte', async () => {
    for (const name of ['ivf-flat-on-disk', 'rabitqfs3-l2', 'binary-ivf', 'refine-rvc-like']) {
      const path = fileURLToPath(new URL(`${name}.faiss`, FOLDER));
      const { tree } = JSON.parse((await runCli(['inspect', path, '--json'])).out) as { tree: IndexTree };
      expect(sum(tree), name).toBe(tree.bytes.total);
      expect(tree.bytes.overhead, name).toBeGreaterThan(0);
    }
  });
});
