import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { encodeIndex } from '@lutra/faiss-format';
import { exactSearch } from '@lutra/metrics';
import { decodeNpy, type NpyArray, toSafeIntegers } from '@lutra/npy';
import { readIndexFile } from 'lutra/node';
import { beforeEach, describe, expect, it } from 'vitest';
import { runCli, runJson } from './support/run-cli.js';
import { clumps, useWorkspace } from './support/workspace.js';

const D = 16;
const N = 1200;
const ws = useWorkspace();
const x = clumps(N, D, 1);
const q = clumps(20, D, 1).subarray(0, 20 * D);
let base = '';
let queries = '';

beforeEach(async () => {
  base = await ws.vectors('base.npy', x, D);
  queries = await ws.vectors('queries.npy', q, D);
});

async function build(factory: string, name: string, ...more: string[]): Promise<string> {
  const path = ws.path(name);
  const { code, err } = await runCli(['build', base, '-f', factory, '-o', path, ...more]);
  if (code !== 0) throw new Error(err);
  return path;
}

async function npy(path: string): Promise<NpyArray> {
  return decodeNpy(await readFile(path));
}

describe('help', () => {
  it('lists every command and the exit codes', async () => {
    const { code, out, err } = await runCli(['--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const name of [
      'build',
      'search',
      'eval',
      'inspect',
      'convert',
      'merge',
      'tune',
      'recommend',
      'rvc',
    ]) {
      expect(out).toMatch(new RegExp(`^ {2}${name} `, 'm'));
    }
    expect(out).toContain('Exit codes: 0 well, 2 for wrong usage');
  });

  it.each([
    'build',
    'search',
    'eval',
    'tune',
    'inspect',
    'convert',
    'merge',
    'rvc train',
    'rvc report',
    'rvc blend',
  ])('of %s has examples and fits 100 columns', async (name) => {
    const { code, out } = await runCli([...name.split(' '), '--help']);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`Usage: lutra ${name} \\[options\\] <`));
    expect(out).toContain('--json');
    expect(out).toContain(`$ lutra ${name} `);
    const longest = Math.max(...out.split('\n').map((line) => line.length));
    expect(longest).toBeLessThanOrEqual(100);
  });
});

describe('build', () => {
  it('prints what it built', async () => {
    const { code, out } = await runCli(['build', base, '-f', 'IVF8,PQ4x4fs,RFlat', '-o', ws.path('a.index')]);
    expect(code).toBe(0);
    expect(out).toMatch(/^factory +IVF8,PQ4x4fs,RFlat$/m);
    expect(out).toMatch(/^ntotal +1,200$/m);
    for (const stage of ['check', 'train', 'add', 'write'])
      expect(out).toMatch(new RegExp(`^${stage} +[\\d.]+ m?s$`, 'm'));
    expect(out).toMatch(/^peak memory +\d/m);
    expect(out).toContain(`${ws.path('a.index')} (`);
  });

  it('writes the same bytes for the same seed and others for another', async () => {
    const bytes = async (name: string, seed: string): Promise<Buffer> =>
      readFile(await build('IVF8,PQ4x4', name, '--seed', seed));
    const first = await bytes('a.index', '5');
    expect(first.equals(await bytes('b.index', '5'))).toBe(true);
    expect(first.equals(await bytes('c.index', '6'))).toBe(false);
  });

  it('reads a folder in file-name order', async () => {
    await mkdir(ws.path('parts'));
    await ws.vectors('parts/b.npy', x.subarray(500 * D), D);
    await ws.vectors('parts/a.npy', x.subarray(0, 500 * D), D);
    await writeFile(ws.path('parts/notes.txt'), 'not an array');
    const whole = await build('Flat', 'whole.index');
    const { code } = await runCli(['build', ws.path('parts'), '-f', 'Flat', '-o', ws.path('parts.index')]);
    expect(code).toBe(0);
    expect((await readFile(whole)).equals(await readFile(ws.path('parts.index')))).toBe(true);
  });

  it('names the file of the folder in which NaN is', async () => {
    await mkdir(ws.path('parts'));
    await ws.vectors('parts/a.npy', x.subarray(0, 10 * D), D);
    const bad = x.slice(0, 10 * D);
    bad[4 * D + 2] = Number.NaN;
    await ws.vectors('parts/b.npy', bad, D);
    const { code, err } = await runCli(['build', ws.path('parts'), '-f', 'Flat', '-o', ws.path('a.index')]);
    expect(code).toBe(2);
    expect(err).toContain('1 row holds NaN or infinities, the first is NaN in b.npy, row 4, column 2');
  });

  it('leaves out rows with NaN when told, together with their ids', async () => {
    const bad = x.slice();
    bad[3 * D] = Number.NaN;
    bad[7 * D + 5] = Number.NEGATIVE_INFINITY;
    const path = await ws.vectors('bad.npy', bad, D);
    const ids = await ws.npy('ids.npy', {
      shape: [N],
      data: BigInt64Array.from({ length: N }, (_, i) => BigInt(1000 + i)),
    });
    const output = ws.path('a.index');
    const report = await runJson<{ ntotal: number; droppedRows: number }>([
      ...['build', path, '-f', 'Flat,IDMap', '-o', output, '--drop-non-finite', '--ids', ids],
    ]);
    expect(report).toMatchObject({ ntotal: N - 2, droppedRows: 2 });
    const index = await readIndexFile(output);
    const { labels, distances } = await index.search(x.subarray(8 * D, 9 * D), 1);
    expect([labels[0], distances[0]]).toEqual([1008, 0]);
    await expect(index.reconstruct([1003])).rejects.toThrow(/1003/);
    index.dispose();
  });

  it('trains on a sample when told', async () => {
    const whole = await build('IVF8,Flat', 'whole.index');
    const output = ws.path('sample.index');
    const report = await runJson<{ trainRows: number }>([
      ...['build', base, '-f', 'IVF8,Flat', '-o', output, '--train-rows', '400'],
    ]);
    expect(report.trainRows).toBe(400);
    expect((await readFile(whole)).equals(await readFile(output))).toBe(false);
  });

  it('builds for cosine', async () => {
    const path = await build('IVF4,Flat', 'cos.index', '--metric', 'cosine');
    const index = await readIndexFile(path);
    expect(index.metric).toBe('ip');
    const { distances } = await index.search(
      x.subarray(0, D).map((v) => 3 * v),
      1,
    );
    expect(Math.abs(distances[0]! - 1)).toBeLessThan(1e-6);
    index.dispose();
  });

  it('stops when told, and leaves nothing', async () => {
    const { code, out, err } = await runCli(['build', base, '-f', 'IVF8,Flat', '-o', ws.path('a.index')], {
      signal: AbortSignal.abort('SIGINT'),
    });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/lutra: stopped, no file is left half-written\n$/);
    expect(await readdir(ws.folder)).toEqual(['base.npy', 'queries.npy']);
  });

  it('shows no progress with --no-progress', async () => {
    const { err } = await runCli(['build', base, '-f', 'Flat', '-o', ws.path('a.index'), '--no-progress']);
    expect(err).toBe('');
  });
});

describe('search', () => {
  it('prints the first queries, nearest first', async () => {
    const index = await build('Flat', 'a.index');
    const { code, out } = await runCli(['search', index, queries, '-k', '3', '--show', '2']);
    expect(code).toBe(0);
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^query +rank +label +distance$/);
    expect(lines).toHaveLength(1 + 6 + 1);
    expect(lines[1]).toMatch(/^ *0 +1 +0 +0$/);
    expect(lines.at(-1)).toContain('18 more queries');
  });

  it('writes int64 labels and float32 distances that agree with exact search', async () => {
    const index = await build('Flat', 'a.index');
    const [labels, distances] = [ws.path('labels.npy'), ws.path('distances.npy')];
    const { code, out } = await runCli([
      'search',
      index,
      queries,
      '-k',
      '5',
      '--labels',
      labels,
      '--distances',
      distances,
    ]);
    expect(code).toBe(0);
    expect(out).toContain('20 queries, k 5');
    const [l, d] = [await npy(labels), await npy(distances)];
    expect([l.dtype, l.shape, d.dtype, d.shape]).toEqual(['<i8', [20, 5], '<f4', [20, 5]]);
    const truth = await exactSearch(x, q, { d: D, k: 5 });
    expect(toSafeIntegers(l)).toEqual(truth.labels);
  });

  it('prints the same as JSON', async () => {
    const index = await build('IVF8,Flat', 'a.index');
    const result = await runJson<{ labels: number[][]; distances: number[][]; parameters: unknown }>([
      ...['search', index, queries, '-k', '2', '--nprobe', '8'],
    ]);
    expect(result.labels).toHaveLength(20);
    expect(result.labels.map((row) => row[0])).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(result.distances[0]![0]).toBe(0);
    expect(result.parameters).toEqual({ nprobe: 8 });
  });

  it('takes a single vector as one query', async () => {
    const index = await build('Flat', 'a.index');
    const one = await ws.npy('one.npy', { shape: [D], data: x.slice(5 * D, 6 * D) });
    const result = await runJson<{ nq: number; labels: number[][] }>(['search', index, one, '-k', '1']);
    expect([result.nq, result.labels]).toEqual([1, [[5]]]);
  });

  it('shows missing results as such', async () => {
    const index = await build('IVF8,Flat', 'a.index');
    const { labels } = await runJson<{ labels: number[][] }>([
      'search',
      index,
      queries,
      '-k',
      '1000',
      '--nprobe',
      '1',
    ]);
    expect(labels[0]!.at(-1)).toBe(-1);
    const { out } = await runCli(['search', index, queries, '-k', '1000', '--nprobe', '1', '--show', '1']);
    expect(out).toMatch(/ 1000 +-1 +-$/m);
  });

  it('leaves neither file when stopped', async () => {
    const index = await build('Flat', 'a.index');
    const before = await readdir(ws.folder);
    const { code } = await runCli(
      ['search', index, queries, '--labels', ws.path('l.npy'), '--distances', ws.path('d.npy')],
      {
        signal: AbortSignal.abort('SIGTERM'),
      },
    );
    expect(code).toBe(2);
    expect(await readdir(ws.folder)).toEqual(before);
  });
});

interface EvalDocument {
  readonly sketches: boolean;
  readonly settings: {
    readonly parameters: Record<string, number>;
    readonly recall: number;
    readonly oneRecallAt1: number;
    readonly qps: number;
    readonly latencyMs: { readonly p50: number; readonly p90: number; readonly p99: number };
  }[];
}

describe('eval', () => {
  it('finds recall 1 for an exact index, by l2 and by cosine', async () => {
    for (const metric of ['l2', 'ip', 'cosine']) {
      const index = await build('Flat', `${metric}.index`, '--metric', metric);
      const { settings } = await runJson<EvalDocument>(['eval', index, queries, '--base', base, '-k', '5']);
      expect(settings.map((s) => [s.recall, s.oneRecallAt1])).toEqual([[1, 1]]);
      expect(settings[0]!.qps).toBeGreaterThan(0);
      expect(settings[0]!.latencyMs.p99).toBeGreaterThanOrEqual(settings[0]!.latencyMs.p50);
    }
  });

  it('tries all combinations, and recall grows with nprobe', async () => {
    const index = await build('IVF8,PQ4x4fs,RFlat', 'a.index');
    const { settings } = await runJson<EvalDocument>([
      ...['eval', index, queries, '--base', base, '--nprobe', '1,8', '--k-factor', '1,64', '-k', '10'],
    ]);
    expect(settings.map((s) => s.parameters)).toEqual([
      { nprobe: 1, kFactor: 1 },
      { nprobe: 1, kFactor: 64 },
      { nprobe: 8, kFactor: 1 },
      { nprobe: 8, kFactor: 64 },
    ]);
    const recalls = settings.map((s) => s.recall);
    expect(recalls[3]).toBeGreaterThan(recalls[0]!);
    // All lists and 640 candidates of 1200: the refinement sees nearly everything.
    expect(recalls[3]).toBeGreaterThanOrEqual(0.98);
  });

  it('finds more by sketches than by codes', async () => {
    const index = await build('IVF8,PQ4x4fs,RFlat', 'a.index');
    const args = [index, queries, '--nprobe', '8', '--k-factor', '2', '-k', '10'];
    const [codes, sketches] = await Promise.all(
      [[], ['--sketches']].map((more) => runJson<EvalDocument>(['eval', ...args, '--base', base, ...more])),
    );
    expect([codes!.sketches, sketches!.sketches]).toEqual([false, true]);
    expect(sketches!.settings[0]!.recall).toBeGreaterThan(codes!.settings[0]!.recall);
    const found = await runJson<{ parameters: object }>(['search', ...args, '--sketches']);
    expect(found.parameters).toEqual({ nprobe: 8, kFactor: 2, sketches: true });
  });

  it('takes the true neighbours from a file, and prints a row for each setting', async () => {
    const index = await build('IVF8,Flat', 'a.index');
    const truth = await exactSearch(x, q, { d: D, k: 20 });
    const file = await ws.npy('truth.npy', { shape: [20, 20], data: truth.labels, dtype: '<i8' });
    const { code, out } = await runCli(['eval', index, queries, '--groundtruth', file, '--nprobe', '1,8']);
    expect(code).toBe(0);
    const lines = out.split('\n\n')[0]!.split('\n');
    expect(lines[0]!.split(/ {2,}/)).toEqual([
      'nprobe',
      'recall@10',
      '1-recall@1',
      'QPS',
      'p50 ms',
      'p90 ms',
      'p99 ms',
    ]);
    expect(lines).toHaveLength(3);
    expect(lines[2]).toMatch(/^ *8 +1\.0000 +1\.0000 /);
  });

  it('knows the ids of the base when told', async () => {
    const ids = await ws.npy('ids.npy', {
      shape: [N],
      data: Int32Array.from({ length: N }, (_, i) => 5 * i + 3),
    });
    const index = await build('IVF8,Flat', 'a.index', '--ids', ids);
    const argv = ['eval', index, queries, '--base', base, '--nprobe', '8'];
    const without = await runJson<EvalDocument>(argv);
    expect(without.settings[0]!.recall).toBeLessThan(0.5);
    const withIds = await runJson<EvalDocument>([...argv, '--ids', ids]);
    expect(withIds.settings[0]!.recall).toBe(1);
  });
});

describe('inspect', () => {
  it('prints the tree of a file and its bytes', async () => {
    const index = await build('PCA8,IVF8,PQ4x4fs,RFlat', 'a.index');
    const { code, out } = await runCli(['inspect', index]);
    expect(code).toBe(0);
    expect(out).toMatch(/^factory +PCA8,IVF8,PQ4x4fs,RFlat$/m);
    expect(out).toMatch(/^backend +ts$/m);
    for (const text of [
      'IndexRefineFlat (IxRF)',
      'PCAMatrix',
      'IndexIVFPQFastScan (IwPf)',
      'nlist 8',
      'imbalance factor',
      'kFactor 1',
    ]) {
      expect(out).toContain(text);
    }
    const total = (await readFile(index)).length.toLocaleString('en-US');
    expect(out).toMatch(new RegExp(`^total +${total} +100\\.0%`, 'm'));
  });

  it('gives the same as JSON', async () => {
    const index = await build('IVF8,Flat', 'a.index');
    const document = await runJson<{
      fileBytes: number;
      tree: { bytes: { total: number }; lists: { entries: number } };
    }>(['inspect', index]);
    expect(document.tree.bytes.total).toBe(document.fileBytes);
    expect(document.tree.lists.entries).toBe(N);
  });

  it('says why a backend would not serve a file that it can read', async () => {
    const index = ws.path('no-lists.index');
    const header = { d: 2, ntotal: 1, isTrained: true, metric: 'l2', metricArg: 0 } as const;
    const quantizer = { kind: 'Flat', ...header, vectors: Float32Array.of(1, 2) } as const;
    const directMap = { kind: 'none' } as const;
    const invlists = { kind: 'missing' } as const;
    await writeFile(
      index,
      encodeIndex({ kind: 'IvfFlat', ...header, nlist: 1, nprobe: 1, quantizer, directMap, invlists }),
    );
    const { code, out } = await runCli(['inspect', index]);
    expect(code).toBe(0);
    expect(out).toMatch(/^backend +ts: an IVF without inverted lists is not run$/m);
  });
});

describe('convert', () => {
  it('concatenates files and folders in order', async () => {
    await mkdir(ws.path('parts'));
    await ws.vectors('parts/0_10.npy', x.subarray(2 * D, 3 * D), D);
    await ws.vectors('parts/0_1.npy', x.subarray(0, 2 * D), D);
    const tail = await ws.vectors('tail.npy', x.subarray(3 * D, 5 * D), D);
    const { code, out } = await runCli(['convert', ws.path('parts'), tail, ws.path('all.npy')]);
    expect(code).toBe(0);
    expect(out).toMatch(/^shape +\(5, 16\)$/m);
    expect(await npy(ws.path('all.npy'))).toMatchObject({
      shape: [5, D],
      dtype: '<f4',
      data: x.slice(0, 5 * D),
    });
  });

  it.each([
    ['f2', Float32Array.of(1, 2, 3, 4, 5, 6)],
    ['f8', Float64Array.of(1, 2, 3, 4, 5, 6)],
  ])('writes %s, from Fortran order', async (dtype, data) => {
    const rows = { shape: [3, 2], data: Float64Array.of(1, 2, 3, 4, 5, 6), fortranOrder: true };
    const path = await ws.npy('f.npy', rows);
    const { code } = await runCli(['convert', path, ws.path('c.npy'), '--dtype', dtype]);
    expect(code).toBe(0);
    expect(await npy(ws.path('c.npy'))).toEqual({
      shape: [3, 2],
      dtype: `<${dtype}`,
      fortranOrder: false,
      data,
    });
  });

  it('normalises rows, but not rows of zeros', async () => {
    const path = await ws.vectors('v.npy', Float32Array.of(3, 4, 0, 0), 2);
    await runCli(['convert', path, ws.path('n.npy'), '--normalize']);
    expect((await npy(ws.path('n.npy'))).data).toEqual(Float32Array.of(0.6, 0.8, 0, 0));
  });

  it('may write over its input', async () => {
    const path = await ws.vectors('v.npy', Float32Array.of(3, 4), 2);
    const { code } = await runCli(['convert', path, path, '--normalize']);
    expect(code).toBe(0);
    expect((await npy(path)).data).toEqual(Float32Array.of(0.6, 0.8));
  });
});

describe('merge', () => {
  /** Two halves of the base in indexes of one training, with ids 0 … and `firstId` …. */
  async function halves(factory: string, firstId: number): Promise<[string, string]> {
    const empty = await readIndexFile(await build(factory, 'trained.index'));
    const { writeIndexFile } = await import('lutra/node');
    const paths: [string, string] = [ws.path('one.index'), ws.path('two.index')];
    for (const [i, path] of paths.entries()) {
      empty.reset();
      const ids = Array.from({ length: N / 2 }, (_, j) => i * firstId + j);
      const part = x.subarray((i * N * D) / 2, ((i + 1) * N * D) / 2);
      await empty.add(part, factory.startsWith('IVF') ? { ids } : {});
      await writeIndexFile(path, empty);
    }
    empty.dispose();
    return paths;
  }

  const found = async (index: string): Promise<number[]> =>
    (await runJson<{ labels: number[][] }>(['search', index, base, '-k', '1', '--nprobe', '8'])).labels.map(
      (r) => r[0]!,
    );
  const counted = Array.from({ length: N }, (_, i) => i);

  it('gives the whole back: ids that differ stay', async () => {
    const [one, two] = await halves('IVF8,Flat', N / 2);
    const merged = ws.path('m.index');
    const report = await runJson<{ ntotal: number }>(['merge', one, two, '-o', merged]);
    expect(report.ntotal).toBe(N);
    expect(await found(merged)).toEqual(counted);
  });

  it('raises ids that clash with --shift-ids', async () => {
    const [one, two] = await halves('IVF8,Flat', 0);
    const merged = ws.path('m.index');
    const { code, out } = await runCli(['merge', one, two, '--shift-ids', '-o', merged]);
    expect(code).toBe(0);
    expect(out).toContain('ids raised by 600');
    expect(await found(merged)).toEqual(counted);
  });

  it('keeps ids that clash with --keep-ids', async () => {
    const [one, two] = await halves('IVF8,Flat', 0);
    const merged = ws.path('m.index');
    expect((await runCli(['merge', one, two, '--keep-ids', '-o', merged])).code).toBe(0);
    expect(await found(merged)).toEqual(counted.map((i) => i % (N / 2)));
  });

  it('appends indexes that count from 0', async () => {
    const [one, two] = await halves('Flat', 0);
    const merged = ws.path('m.index');
    expect((await runCli(['merge', one, two, '-o', merged])).code).toBe(0);
    const whole = await build('Flat', 'whole.index');
    expect((await readFile(merged)).equals(await readFile(whole))).toBe(true);
    const { code, err } = await runCli(['merge', one, two, '--keep-ids', '-o', merged]);
    expect(code).toBe(2);
    expect(err).toContain('stores no ids');
  });
});
