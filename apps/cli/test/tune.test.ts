import { readdir, readFile } from 'node:fs/promises';
import { exactSearch, recallAtK } from '@lutra/metrics';
import { readIndexFile } from 'lutra/node';
import { beforeEach, describe, expect, it } from 'vitest';
import { runCli, runJson } from './support/run-cli.js';
import { clumps, useWorkspace } from './support/workspace.js';

const D = 16;
const N = 3000;
const ws = useWorkspace();
const x = clumps(N + 200, D, 1, 40);
const rows = x.subarray(0, N * D);
const fresh = x.subarray(N * D);
let base = '';
let index = '';

beforeEach(async () => {
  base = await ws.vectors('base.npy', rows, D);
  index = ws.path('a.index');
  await runCli(['build', base, '-f', 'IVF40,PQ8x4fs,RFlat', '-o', index]);
});

const quick = ['--seconds', '4', '--max-queries', '500'];

describe('tune', () => {
  it('stores a setting that reaches the recall in the file, and a record beside it', async () => {
    const { code, out } = await runCli(['tune', index, '--base', base, '--target-recall', '0.9', ...quick]);
    expect(code).toBe(0);
    expect(out).toMatch(/^factory +IVF40,PQ8x4fs,RFlat$/m);
    expect(out).toMatch(/^queries +500, drawn from the index's own vectors, seed 1234$/m);
    expect(out).toMatch(/^until now +nprobe 1, kFactor 1: recall@10 0\.\d{4}, /m);
    expect(out).toMatch(/^chosen +nprobe=\d+,kFactor=[\d.]+ is the cheapest that reaches 0\.9: /m);
    expect(out).toMatch(/^> +\d+ +[\d.]+ +0\.9\d+/m);
    expect(out).toContain('recall@10 against queries a second');
    const opened = await readIndexFile(index);
    const truth = await exactSearch(rows, fresh, { d: D, k: 10 });
    expect(recallAtK(await opened.search(fresh, 10), truth)).toBeGreaterThan(0.87);
    const record = JSON.parse(await readFile(`${index}.tune.json`, 'utf8')) as {
      chosen: { parameters: object };
    };
    expect(record.chosen.parameters).toEqual(opened.parameters);
    opened.dispose();
  });

  it('prints one document with --json, and leaves the file alone with --dry-run', async () => {
    const before = await readFile(index);
    const record = await runJson<{ reached: boolean; chosen: { recallLow: number }; written: string[] }>([
      ...['tune', index, '--base', base, '--target-recall', '0.8', '--dry-run', '--clock', 'cpu', ...quick],
    ]);
    expect(record).toMatchObject({ format: 'lutra-tune', reached: true, written: [] });
    expect(record.chosen.recallLow).toBeGreaterThanOrEqual(0.8);
    expect((await readFile(index)).equals(before)).toBe(true);
    expect(await readdir(ws.folder)).toEqual(['a.index', 'base.npy']);
  });

  it('finds a setting for searches with sketches', async () => {
    const args = [
      'tune',
      index,
      '--base',
      base,
      '--target-recall',
      '0.9',
      '--sketches',
      '--dry-run',
      ...quick,
    ];
    expect(await runJson<object>(args)).toMatchObject({ reached: true, sketches: true });
  });

  it('takes a latency for a target, within a memory', async () => {
    const within = ['--target-latency', '1000', '--dry-run', ...quick];
    const record = await runJson<{ target: object; chosen: { recall: number; seconds: number } }>([
      ...['tune', index, '--base', base, '--memory', '1GB', ...within],
    ]);
    expect(record).toMatchObject({ reached: true, target: { latencyMs: 1000, memoryBytes: 1e9 } });
    // a second is time enough for all lists and the most candidates
    expect(record.chosen.recall).toBeGreaterThan(0.99);
    expect(record.chosen.seconds).toBeLessThan(1);
    const { code, err } = await runCli(['tune', index, '--base', base, '--memory', '10kB', ...within]);
    expect(code).toBe(2);
    expect(err).toMatch(/the index takes \d+ bytes, more than 10000; no search parameter changes that/);
  });

  it('takes queries and their neighbours, and writes elsewhere', async () => {
    const queries = await ws.vectors('q.npy', fresh, D);
    const { labels } = await exactSearch(rows, fresh, { d: D, k: 10 });
    const truth = await ws.npy('gt.npy', { shape: [200, 10], data: BigInt64Array.from(labels, BigInt) });
    const output = ws.path('b.index');
    const record = await runJson<{ sample: object; written: string[] }>([
      ...[
        'tune',
        index,
        '--queries',
        queries,
        '--groundtruth',
        truth,
        '--target-recall',
        '0.8',
        '-o',
        output,
      ],
      ...quick,
    ]);
    expect(record.sample).toMatchObject({ queries: 200, drawnFrom: 'queries' });
    expect(record.written).toEqual([output, `${output}.tune.json`]);
    const [old, now] = [await readIndexFile(index), await readIndexFile(output)];
    expect(old.parameters).toEqual({ nprobe: 1, kFactor: 1 });
    expect(now.parameters).not.toEqual(old.parameters);
    old.dispose();
    now.dispose();
  });

  it('exits 2 and changes nothing where the target is out of reach', async () => {
    const before = await readFile(index);
    const { code, out, err } = await runCli([
      ...['tune', index, '--base', base, '--target-recall', '0.9999', '--confidence', '0.99', ...quick],
    ]);
    expect(code).toBe(2);
    expect(out).toMatch(/^not reached +no setting is sure to reach 0\.9999/m);
    expect(err).toContain('no setting is sure to reach 0.9999');
    expect((await readFile(index)).equals(before)).toBe(true);
    expect(await readdir(ws.folder)).toEqual(['a.index', 'base.npy']);
  });

  it.each([
    [['--target-recall', '0.9'], 'expected --base, or --queries with --groundtruth'],
    [['--base', 'BASE'], 'tune: targetRecall or targetLatencyMs must be given'],
    [['--base', 'BASE', '--target-recall', '2'], 'Expected a number from'],
    [['--base', 'BASE', '--target-recall', '0.9', '-k', '3001'], '-k 3001 is more than the 3000 vectors'],
    [
      ['--base', 'SHORT', '--target-recall', '0.9'],
      'expected the vectors of the index, shape (3000, 16), got (5, 16)',
    ],
    [['--base', 'BASE', '--target-recall', '0.9', '--report', 'nowhere/r.html'], 'there is no folder'],
  ])('refuses %j', async (argv, message) => {
    const short = await ws.vectors('short.npy', rows.subarray(0, 5 * D), D);
    const words = argv.map((word) => (word === 'BASE' ? base : word === 'SHORT' ? short : word));
    const { code, err } = await runCli(['tune', index, ...words]);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});

describe('reports', () => {
  /** What holds of every page: one file, nothing to load, no scripts, light and dark. */
  function assertSelfContained(page: string): void {
    expect(page.startsWith('<!doctype html>')).toBe(true);
    expect(page).not.toMatch(/<script|<link|<img|src=|@import|url\(/);
    expect(page.replaceAll('http://www.w3.org/', '')).not.toContain('http');
    expect(page).toContain('prefers-color-scheme: dark');
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
    expect(page.length).toBeLessThan(150_000);
  }

  const headings = (page: string): string[] => [...page.matchAll(/<h2>(.*?)<\/h2>/g)].map((m) => m[1]!);

  it('of tune show the front, each parameter, latency, lists and bytes', async () => {
    const report = ws.path('tune.html');
    const argv = ['tune', index, '--base', base, '--target-recall', '0.9', '--report', report, ...quick];
    expect((await runCli(argv)).code).toBe(0);
    const page = await readFile(report, 'utf8');
    assertSelfContained(page);
    expect(headings(page)).toEqual([
      ...['Recall against throughput', 'Recall over nprobe', 'Recall over kFactor', 'Latency'],
      ...['Balance of the lists', 'Bytes by part', 'Every setting'],
    ]);
    expect(page.match(/<svg/g)?.length).toBe(6);
    expect(page).toContain('<tr class="chosen">');
    expect(page).toContain('40 lists, 75 vectors each in the mean');
    expect(page).toMatch(/500 calls with one query each, nprobe \d+, kFactor [\d.]+: p50/);
  });

  it('of eval show what was tried, and escape what they are given', async () => {
    const queries = await ws.vectors('q.npy', fresh, D);
    const flat = ws.path('<b>&.index');
    await runCli(['build', base, '-f', 'Flat', '-o', flat]);
    const report = ws.path('eval.html');
    const { code } = await runCli(['eval', flat, queries, '--base', base, '--report', report]);
    expect(code).toBe(0);
    const page = await readFile(report, 'utf8');
    assertSelfContained(page);
    expect(page).toContain('Evaluation of &lt;b&gt;&amp;.index');
    expect(headings(page)).toEqual([
      'Recall against throughput',
      'Latency',
      'Bytes by part',
      'Every setting',
    ]);
  });

  it('of eval have a chart on the terminal where settings differ', async () => {
    const queries = await ws.vectors('q.npy', fresh, D);
    const { out } = await runCli([
      'eval',
      index,
      queries,
      '--base',
      base,
      '--nprobe',
      '1,40',
      '--k-factor',
      '8',
    ]);
    expect(out).toContain('recall@10 against queries a second');
    const one = await runCli(['eval', index, queries, '--base', base]);
    expect(one.out).not.toContain('against queries');
  });
});
