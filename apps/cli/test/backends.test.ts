import { mkdir, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { runCli, runJson } from './support/run-cli.js';
import { clumps, useWorkspace } from './support/workspace.js';

const ws = useWorkspace();

/** A backend that hands everything to the engine, under a name of its own, as a package that is built. */
async function writePackage(folder: string): Promise<void> {
  await mkdir(ws.path(`${folder}/dist`), { recursive: true });
  const manifest = { name: 'acme', version: '3.2.1', type: 'module', exports: { '.': './dist/entry.js' } };
  await writeFile(ws.path(`${folder}/package.json`), JSON.stringify(manifest));
  const engine = new URL('../../../packages/lutra/src/index.ts', import.meta.url).href;
  await writeFile(
    ws.path(`${folder}/dist/entry.js`),
    `import { ts } from '${engine}';\nexport const backend = () => Object.assign(Object.create(ts()), { name: 'acme',
      probe: async () => ({ ok: true, version: '9.9', details: { threads: 4 } }) });\n`,
  );
}

interface Document {
  backends: {
    name: string;
    runs: boolean;
    reason?: string;
    version?: string;
    supports?: { kinds: string[] };
  }[];
}

describe('lutra backends', () => {
  it('lists what runs with its kernel level, and why the rest does not', async () => {
    const { backends } = await runJson<Document>(['backends', '--backend', 'ts,acme-vectors']);
    expect(backends[0]).toMatchObject({ name: 'ts', runs: true, specVersion: 1, packageVersion: '0.0.0' });
    expect(backends[0]).toHaveProperty('details.level');
    expect(backends[0]!.supports!.kinds).toContain('PqFastScan');
    expect(backends[1]).toMatchObject({ name: 'acme-vectors', runs: false });
    expect(backends[1]!.reason).toMatch(/^no package acme-vectors is installed/);
  });

  it('prints a table, then what each builds', async () => {
    const { code, out } = await runCli(['backends', '--backend', 'ts,acme-vectors']);
    expect(code).toBe(0);
    expect(out).toMatch(/^ts +yes +0\.0\.0 .*level (scalar|simd128|relaxed-simd)/m);
    expect(out).toMatch(/^acme-vectors +no/m);
    expect(out).toMatch(/^ {2}does not run +no package acme-vectors/m);
    expect(out).toMatch(/^ {2}builds from +.*Ivf/m);
  });

  it('looks at the backends that are known unless told', async () => {
    const { backends } = await runJson<Document>(['backends']);
    expect(backends.map(({ name }) => name)).toEqual(['ts', 'faiss']);
  });

  it('tells the versions of a package in a folder and of its engine', async () => {
    await writePackage('acme');
    const { out } = await runCli(['backends', '--backend', './acme', '--json'], { cwd: ws.folder });
    expect(JSON.parse(out).backends[0]).toMatchObject({
      name: './acme',
      runs: true,
      packageVersion: '3.2.1',
      version: '9.9',
      details: { threads: 4 },
    });
  });
});

describe('--backend ./folder', () => {
  it('builds with the package in that folder, from where the caller is', async () => {
    await writePackage('acme');
    const base = await ws.vectors('base.npy', clumps(60, 8, 1), 8);
    const index = ws.path('a.index');
    const argv = ['build', base, '-f', 'IVF4,Flat', '-o', index, '--backend', './acme', '--json'];
    const { code, out, err } = await runCli(argv, { cwd: ws.folder });
    expect({ code, err: err.replace(/.*\n/g, '') }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toMatchObject({ ntotal: 60, refusals: [] });
  });

  it('says who else was asked when another one serves a file', async () => {
    const base = await ws.vectors('base.npy', clumps(60, 8, 1), 8);
    const index = ws.path('a.index');
    expect((await runCli(['build', base, '-f', 'Flat', '-o', index])).code).toBe(0);
    const source = `export default { name: 'blind', specVersion: 1, supports: { load: false }, probe: () => ({ ok: true }),
      refuses: () => undefined, refusesData: () => undefined, create() {}, load() {} };\n`;
    await writeFile(ws.path('blind.mjs'), source);
    const argv = ['search', index, base, '-k', '1', '--backend', `${ws.path('blind.mjs')},ts`];
    const { code, err } = await runCli(argv);
    expect(code).toBe(0);
    expect(err).toContain('served by ts, not by blind: does not load stored indexes');
    const inspected = await runCli(['inspect', index, '--backend', ws.path('blind.mjs')]);
    expect(inspected.out).toMatch(/^backend +blind: does not load stored indexes$/m);
  });
});
