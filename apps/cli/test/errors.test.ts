import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { runCli } from './support/run-cli.js';
import { clumps, useWorkspace } from './support/workspace.js';

const ws = useWorkspace();
let base = '';
let index = '';
let queries = '';

beforeEach(async () => {
  base = await ws.vectors('base.npy', clumps(200, 8, 1), 8);
  queries = await ws.vectors('queries.npy', clumps(5, 8, 2), 8);
  index = ws.path('a.index');
  const built = await runCli(['build', base, '-f', 'IVF4,Flat', '-o', index]);
  if (built.code !== 0) throw new Error(built.err);
});

/** Runs what must be refused: exit 2, a sentence on stderr without a stack, nothing on stdout. */
async function refusal(...argv: string[]): Promise<string> {
  const { code, out, err } = await runCli(argv);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).not.toMatch(/\n\s+at /);
  expect(err).toMatch(/^lutra: /m);
  return err;
}

describe('wrong usage', () => {
  it.each([
    ['an unknown command', ['bild'], /unknown command 'bild'/, /Did you mean build\?/],
    ['an unknown option', ['inspect', 'x', '--jsn'], /unknown option '--jsn'/, /lutra inspect --help/],
    ['a missing argument', ['inspect'], /missing required argument 'index'/, /lutra inspect --help/],
    [
      'a missing option',
      ['build', 'x.npy', '-o', 'y'],
      /required option '-f, --factory/,
      /lutra build --help/,
    ],
    ['one argument too many', ['inspect', 'a', 'b'], /too many arguments/, /lutra inspect --help/],
    [
      'a metric that is none',
      ['build', 'x', '-f', 'Flat', '-o', 'y', '--metric', 'l3'],
      /l2, ip, cosine/,
      /help/,
    ],
    ['k = 0', ['search', 'a', 'b', '-k', '0'], /whole number of at least 1, got '0'/, /lutra search --help/],
    ['a negative k', ['search', 'a', 'b', '-k', '-3'], /whole number of at least 1, got '-3'/, /help/],
    ['k = 1.5', ['search', 'a', 'b', '-k', '1.5'], /whole number of at least 1, got '1.5'/, /help/],
    ['a word as nprobe', ['search', 'a', 'b', '--nprobe', 'many'], /whole number .*, got 'many'/, /help/],
    [
      'k-factor below 1',
      ['search', 'a', 'b', '--k-factor', '0.5'],
      /number from 1 to 1000, got '0.5'/,
      /help/,
    ],
    ['a hole in a list', ['eval', 'a', 'b', '--nprobe', '1,,4'], /whole number .*, got nothing/, /help/],
    [
      'both ways of merging',
      ['merge', 'a', 'b', '-o', 'c', '--keep-ids', '--shift-ids'],
      /cannot be used with/,
      /help/,
    ],
  ])('%s', async (_, argv, message, hint) => {
    const err = await refusal(...argv);
    expect(err).toMatch(message);
    expect(err).toMatch(hint);
  });

  it('no command at all shows the help and exits 2', async () => {
    const { code, out, err } = await runCli([]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('Usage: lutra');
  });
});

describe('more than there is', () => {
  it('refuses more results than vectors, and more lists than there are', async () => {
    expect(await refusal('search', index, queries, '-k', '201')).toMatch(
      /-k 201 is more than the 200 vectors/,
    );
    expect(await refusal('search', index, queries, '--nprobe', '5')).toMatch(
      /--nprobe 5 is more than the 4 lists/,
    );
    const eval5 = ['eval', index, queries, '--base', base, '--nprobe', '1,5'];
    expect(await refusal(...eval5)).toMatch(/--nprobe 5 is more than the 4 lists/);
  });

  it('takes as many as there are', async () => {
    const { code } = await runCli(['search', index, queries, '-k', '200', '--nprobe', '4']);
    expect(code).toBe(0);
  });
});

describe('paths', () => {
  it.each([
    ['build', () => ['build', ws.path('no.npy'), '-f', 'Flat', '-o', ws.path('b.index')]],
    ['search, index', () => ['search', ws.path('no.npy'), queries]],
    ['search, queries', () => ['search', index, ws.path('no.npy')]],
    ['eval, base', () => ['eval', index, queries, '--base', ws.path('no.npy')]],
    ['eval, ground truth', () => ['eval', index, queries, '--groundtruth', ws.path('no.npy')]],
    ['inspect', () => ['inspect', ws.path('no.npy')]],
    ['convert', () => ['convert', ws.path('no.npy'), ws.path('c.npy')]],
    ['merge', () => ['merge', index, ws.path('no.npy'), '-o', ws.path('m.index')]],
  ])('%s: a file that is not there', async (_, argv) => {
    expect(await refusal(...argv())).toBe(`lutra: ${ws.path('no.npy')}: no such file or folder (ENOENT)\n`);
  });

  it('a folder where a file is wanted', async () => {
    expect(await refusal('inspect', ws.folder)).toContain(`${ws.folder}: is a folder, wanted an index file`);
    expect(await refusal('search', index, ws.folder)).toContain(
      `${ws.folder}: is a folder, wanted an .npy file`,
    );
    expect(await refusal('eval', index, queries, '--groundtruth', ws.folder)).toContain('is a folder');
  });

  it('a folder without .npy files', async () => {
    await mkdir(ws.path('empty'));
    const err = await refusal('build', ws.path('empty'), '-f', 'Flat', '-o', ws.path('b.index'));
    expect(err).toBe(`lutra: ${ws.path('empty')}: is an empty folder\n`);
    await writeFile(ws.path('empty/notes.txt'), '');
    expect(await refusal('convert', ws.path('empty'), ws.path('c.npy'))).toContain(
      'has no .npy file among 1 entries',
    );
  });

  it('an output folder that is not there, or an output that is a folder', async () => {
    const deep = ws.path('no/such/b.index');
    const err = await refusal('build', base, '-f', 'Flat', '-o', deep);
    expect(err).toContain(`${deep}: cannot be written, there is no folder ${ws.path('no/such')}`);
    expect(await refusal('build', base, '-f', 'Flat', '-o', ws.folder)).toContain(
      'is a folder, wanted the name',
    );
    expect(await refusal('search', index, queries, '--labels', deep)).toContain('cannot be written');
    expect(await refusal('convert', base, deep)).toContain('cannot be written');
    expect(await refusal('merge', index, index, '-o', deep)).toContain('cannot be written');
  });

  it('checks the output before it trains', async () => {
    const { err } = await runCli(['build', base, '-f', 'IVF4,Flat', '-o', ws.path('no/such/b.index')]);
    expect(err).not.toMatch(/k-means|add/);
  });

  it('one file for two outputs', async () => {
    const both = ws.path('both.npy');
    const err = await refusal('search', index, queries, '--labels', both, '--distances', both);
    expect(err).toContain('is named for two outputs');
  });
});

describe('content', () => {
  it('text that is no .npy file and no index', async () => {
    await writeFile(ws.path('text.npy'), 'this is a sentence, not an array of numbers');
    expect(await refusal('build', ws.path('text.npy'), '-f', 'Flat', '-o', index)).toContain(
      ws.path('text.npy'),
    );
    expect(await refusal('inspect', ws.path('text.npy'))).toContain(ws.path('text.npy'));
    expect(await refusal('search', ws.path('text.npy'), queries)).toContain(ws.path('text.npy'));
  });

  it('an index class of faiss that is not read, by its name', async () => {
    const header = new Uint8Array(64);
    header.set(new TextEncoder().encode('ISVF'));
    await writeFile(ws.path('old.index'), header);
    const err = await refusal('inspect', ws.path('old.index'));
    expect(err).toContain('IndexSVSFlat');
    expect(err).toContain(ws.path('old.index'));
  });

  it('queries of another dimension, with both', async () => {
    const wide = await ws.vectors('wide.npy', clumps(3, 9, 3), 9);
    const sentence = `${wide}: has vectors of 9 dimensions, but ${index} of 8`;
    expect(await refusal('search', index, wide)).toContain(sentence);
    expect(await refusal('eval', index, wide, '--base', base)).toContain(sentence);
  });

  it('a base that is not that of the index', async () => {
    const other = await ws.vectors('other.npy', clumps(100, 8, 3), 8);
    const err = await refusal('eval', index, queries, '--base', other);
    expect(err).toContain('expected the 200 vectors of the index with d 8, got shape (100, 8)');
  });

  it('neither or both of --base and --groundtruth', async () => {
    expect(await refusal('eval', index, queries)).toContain('got neither');
    expect(await refusal('eval', index, queries, '--base', base, '--groundtruth', base)).toContain(
      'got both',
    );
  });

  it('a ground truth for fewer neighbours than k', async () => {
    const truth = await ws.npy('truth.npy', { shape: [5, 3], data: new BigInt64Array(15) });
    const err = await refusal('eval', index, queries, '--groundtruth', truth, '-k', '4');
    expect(err).toContain('expected the neighbours of 5 queries, at least 4 each, got shape (5, 3)');
  });

  it('a parameter that the index does not have', async () => {
    const flat = ws.path('flat.index');
    await runCli(['build', base, '-f', 'Flat', '-o', flat]);
    expect(await refusal('search', flat, queries, '--nprobe', '4')).toMatch(/nprobe/);
    expect(await refusal('search', index, queries, '--k-factor', '4')).toMatch(/kFactor/);
    expect(await refusal('search', index, queries, '--ef-search', '4')).toMatch(/efSearch/);
    expect(await refusal('search', index, queries, '--sketches')).toMatch(/no parameter sketches/);
    const evalSketches = ['eval', index, queries, '--base', base, '--sketches'];
    expect(await refusal(...evalSketches)).toMatch(/it does not refine what is in inverted lists/);
  });

  it('a factory string with a typing error, under a caret', async () => {
    const err = await refusal('build', base, '-f', 'IVF4,Flut', '-o', index);
    expect(err).toContain('IVF4,Flut');
    expect(err).toMatch(/\n\s+\^/);
  });

  it('a factory string that no backend runs', async () => {
    const err = await refusal('build', base, '-f', 'ZnLattice2x8_4', '-o', ws.path('b.index'));
    expect(err).toMatch(/no backend takes "ZnLattice2x8_4".*ts: Lattice is not run/);
  });

  it('fewer rows than centroids', async () => {
    expect(await refusal('build', base, '-f', 'IVF1024,Flat', '-o', ws.path('b.index'))).toMatch(
      /200.*1024|1024.*200/,
    );
    expect(await readdir(ws.folder)).not.toContain('b.index');
  });

  it('NaN and infinities, with their count and the first place', async () => {
    const x = clumps(50, 8, 4);
    x[17 * 8 + 3] = Number.NaN;
    x[30 * 8] = Number.POSITIVE_INFINITY;
    const bad = await ws.vectors('bad.npy', x, 8);
    const err = await refusal('build', bad, '-f', 'Flat', '-o', ws.path('b.index'));
    expect(err).toContain('2 rows hold NaN or infinities, the first is NaN in row 17, column 3');
    expect(err).toContain('--drop-non-finite');
  });

  it('ids that do not fit', async () => {
    const ids = await ws.npy('ids.npy', { shape: [199], data: new BigInt64Array(199) });
    const output = ws.path('b.index');
    expect(await refusal('build', base, '-f', 'Flat,IDMap', '-o', output, '--ids', ids)).toContain(
      'expected one id for each of the 200 rows',
    );
    expect(await refusal('build', base, '-f', 'Flat', '-o', output, '--ids', ids)).toContain(
      'Flat,IDMap can',
    );
    const negative = await ws.npy('neg.npy', { shape: [200], data: new Int32Array(200).fill(-4, 7) });
    expect(await refusal('build', base, '-f', 'IVF4,Flat', '-o', output, '--ids', negative)).toContain(
      'got -4 at 7',
    );
    const halves = await ws.npy('half.npy', { shape: [200], data: new Float32Array(200).fill(0.5) });
    expect(await refusal('build', base, '-f', 'IVF4,Flat', '-o', output, '--ids', halves)).toContain('0.5');
  });

  it('files of other widths to concatenate', async () => {
    const wide = await ws.vectors('wide.npy', clumps(3, 9, 3), 9);
    expect(await refusal('convert', base, wide, ws.path('c.npy'))).toContain(
      `${wide}: has 9 columns, but ${base} has 8`,
    );
    expect(await refusal('convert', base)).toContain('expected inputs and an output');
  });

  it('indexes that are not trained alike', async () => {
    const other = ws.path('other.index');
    await runCli(['build', base, '-f', 'IVF4,Flat', '-o', other, '--seed', '99']);
    expect(await refusal('merge', index, other, '--shift-ids', '-o', ws.path('m.index'))).toContain(other);
    const pq = ws.path('pq.index');
    await runCli(['build', base, '-f', 'PQ2x4', '-o', pq]);
    expect(await refusal('merge', index, pq, '-o', ws.path('m.index'))).toContain(pq);
    expect(await refusal('merge', index, '-o', ws.path('m.index'))).toContain(
      'two index files or more, got 1',
    );
  });

  it('ids in two of the files to merge', async () => {
    const err = await refusal('merge', index, index, '-o', ws.path('m.index'));
    expect(err).toContain('has ids that are merged already, the first is 0; say --shift-ids or --keep-ids');
    expect(await readdir(ws.folder)).not.toContain('m.index');
  });
});

describe('--backend', () => {
  const build = (backend: string): string[] => [
    'build',
    base,
    '-f',
    'Flat',
    '-o',
    ws.path('b.index'),
    '--backend',
    backend,
  ];

  it('a package that is not installed, a module that is not there', async () => {
    expect(await refusal(...build('acme-vectors'))).toContain('no package acme-vectors is installed');
    expect(await refusal(...build(ws.path('no.mjs')))).toContain('no such file or folder');
  });

  it('a module without a backend', async () => {
    await writeFile(ws.path('empty.mjs'), 'export const x = 1;\n');
    expect(await refusal(...build(ws.path('empty.mjs')))).toContain(
      'expected a default export or one named backend that is a backend or returns one, got exports of x',
    );
    await writeFile(
      ws.path('half.mjs'),
      "export const backend = { name: 'half', specVersion: 1, probe() {} };\n",
    );
    expect(await refusal(...build(ws.path('half.mjs')))).toContain(
      'got an object without refuses, create, refusesData, load, supports',
    );
  });

  it('a folder without a package, or whose package is not built', async () => {
    await mkdir(ws.path('bare'));
    expect(await refusal(...build(ws.path('bare')))).toContain('a folder without a package.json');
    await writeFile(
      ws.path('bare/package.json'),
      '{"name":"bare","exports":{".":{"default":"./dist/x.js"}}}',
    );
    expect(await refusal(...build(ws.path('bare')))).toMatch(/its entry .*bare.dist.x\.js does not exist/);
    await writeFile(ws.path('bare/package.json'), '{"name":');
    expect(await refusal(...build(ws.path('bare')))).toContain('its package.json names no entry');
  });

  it('a backend of another version of the interface', async () => {
    const source = `export default { name: 'new', specVersion: 2, supports: {}, probe() {}, create() {}, load() {} };\n`;
    await writeFile(ws.path('new.mjs'), source);
    expect(await refusal(...build(ws.path('new.mjs')))).toContain(
      'new: speaks version 2 of the backend interface, wanted 1',
    );
  });

  it('a backend that writes no files, before it trains', async () => {
    const source = `export default { name: 'mute', specVersion: 1, supports: { save: false }, probe: () => ({ ok: true }),
      refuses: () => undefined, refusesData: () => undefined, create() { throw new Error('created'); }, load() {} };\n`;
    await writeFile(ws.path('mute.mjs'), source);
    expect(await refusal(...build(ws.path('mute.mjs')))).toContain('mute: does not write index files');
    const { code, out } = await runCli(build(`${ws.path('mute.mjs')},ts`));
    expect(code).toBe(0);
    expect(out).toMatch(/^backend +ts$/m);
    expect(out).toMatch(/^not mute +does not write index files$/m);
  });

  it('a module that fails to load', async () => {
    await writeFile(ws.path('bad.mjs'), 'throw new Error("no licence");\n');
    expect(await refusal(...build(ws.path('bad.mjs')))).toContain('failed to load: no licence');
  });

  it('a backend that does not run here', async () => {
    const source = `export default () => ({ name: 'acme', specVersion: 1, supports: {}, probe: async () => ({ ok: false,
      reason: 'no device' }), refuses: () => undefined, refusesData: () => undefined, create() {}, load() {} });\n`;
    await writeFile(ws.path('acme.mjs'), source);
    expect(await refusal(...build(ws.path('acme.mjs')))).toContain('acme: no device');
    const { code, out } = await runCli(build(`${ws.path('acme.mjs')},ts`));
    expect(code).toBe(0);
    expect(out).toMatch(/backend +ts/);
  });

  it('an unknown kernel level', async () => {
    const { code, err } = await runCli(build('ts'), { env: { LUTRA_KERNELS: 'warp' } });
    expect(code).toBe(2);
    expect(err).toContain("LUTRA_KERNELS: expected one of scalar, simd128, relaxed-simd, got 'warp'");
  });

  it('its default is the variable LUTRA_BACKEND', async () => {
    const { code, err } = await runCli(['inspect', index], { env: { LUTRA_BACKEND: 'acme-vectors' } });
    expect(code).toBe(2);
    expect(err).toContain('acme-vectors');
  });
});
