import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseFactory } from '@lutra/factory';
import { afterEach, expect, test, vi } from 'vitest';
import { faiss } from '../src/index.js';
import { Home } from '../src/node/home.js';
import { NativeProcess } from '../src/node/native-process.js';
import { backend, build, create, disposeAll, expectError, rows, track } from './backend.js';
import { modulePath } from './build-child.js';

const d = 8;
const x = rows(400, d);
const q = x.slice(0, d);
const folders = (): string[] => readdirSync(tmpdir()).filter((name) => /^lutra-faiss-\w+$/.test(name));

afterEach(disposeAll);
afterEach(() => void vi.unstubAllEnvs());

test('probe says what is there, and why something is not', async () => {
  expect(await backend.probe()).toMatchObject({ ok: true, version: '0.5.1' });
  const absent = await faiss({ module: 'no-such-module' }).probe();
  expect(absent).toEqual({ ok: false, reason: 'no-such-module is not installed' });
  const other = await faiss({ module: new URL('backend.ts', import.meta.url).pathname }).probe();
  expect(other).toMatchObject({ ok: false, reason: expect.stringMatching(/does not load/) });
  await expectError(
    () => faiss({ module: 'no-such-module' }).create(parseFactory('Flat'), { d, metric: 'l2' }),
    'BACKEND',
    /not installed/,
  );
});

test('a training leaves the event loop free', async () => {
  const index = await create('PQ8x8np', d);
  let turns = 0;
  const timer = setInterval(() => turns++, 5);
  const start = performance.now();
  await index.train(rows(12_000, d, 2));
  const took = performance.now() - start;
  clearInterval(timer);
  expect(took).toBeGreaterThan(50);
  expect(turns).toBeGreaterThan(took / 50);
});

test('a training that is stopped ends at once and leaves an index that can be trained', async () => {
  const index = await create('PQ8x8np', d);
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 30);
  await expectError(() => index.train(rows(65_000, d, 2), { signal: abort.signal }), 'ABORTED');
  expect(index.isTrained).toBe(false);
  await expectError(() => index.search(q, 1), 'STATE', /not trained/);
  await index.train(x);
  await index.add(x);
  expect(index.ntotal).toBe(400);
});

test('what has leaked is given back by a fresh process, and searches go on', async () => {
  const index = await build('IVF8,Flat', x, d);
  const many = rows(4096, d, 7);
  const before = await index.search(q, 3, { nprobe: 8 });
  // each of these calls leaks its 128 KiB of queries; 64 MiB are let go
  for (let i = 0; i < 520; i++) await index.search(many, 1);
  expect((index as unknown as { restarts: number }).restarts).toBe(1);
  expect(await index.search(q, 3, { nprobe: 8 })).toEqual(before);
  expect(index.ntotal).toBe(400);
});

test('another number of threads is another process with the same index', async () => {
  const index = await build('IVF8,Flat', x, d);
  const one = await index.search(q, 3, { nprobe: 8, threads: 1 });
  expect(await index.search(q, 3, { nprobe: 8, threads: 2 })).toEqual(one);
  expect((index as unknown as { restarts: number }).restarts).toBe(1);
  await expectError(() => index.search(q, 1, { threads: 0 }), 'ARGUMENT', /threads: 0/);
});

test('an exception that faiss-node lets through ends the child and not the caller', async () => {
  const home = new Home();
  const child = await NativeProcess.start({ module: modulePath(), threads: 1, copies: 1, dir: home.dir });
  await child.call<'create'>({ op: 'create', d, factory: 'IVF8,Flat', metric: 1, parameters: {} });
  await expectError(() => child.call<'add'>({ op: 'add', x }), 'BACKEND', /its process ended.*is_trained/);
  await expectError(() => child.call<'add'>({ op: 'add', x }), 'BACKEND', /its process ended/);
  home.remove();
});

test('dispose ends the process, removes its folder and fails every call after it', async () => {
  // a place for temporary files that no other test uses
  const own = mkdtempSync(join(tmpdir(), 'lutra-process-'));
  vi.stubEnv('TMPDIR', own);
  const index = await build('Flat', x, d);
  expect(folders().length).toBe(1);
  const running = index.search(q, 1);
  index.dispose();
  index.dispose();
  await expectError(() => running, 'STATE', /disposed/);
  expect(folders()).toEqual([]);
  await expectError(() => index.search(q, 1), 'STATE', /disposed/);
  await expectError(() => index.ntotal, 'STATE', /disposed/);
  await expectError(() => index.toData(), 'STATE', /disposed/);
  rmSync(own, { recursive: true, force: true });
});

test('a change excludes every other call, searches exclude changes', async () => {
  const index = await build('IVF8,Flat', x, d);
  const adding = index.add(x);
  await expectError(() => index.search(q, 1), 'STATE', /add is under way/);
  await expectError(() => index.toData(), 'STATE', /add is under way/);
  await adding;
  const searching = index.search(q, 1);
  await expectError(() => index.reset(), 'STATE', /search is under way/);
  // a search under way does not keep an index from being saved
  expect(index.toData().ntotal).toBe(800);
  await searching;
});

test('copies of other settings are few, and one that fell out is made again', async () => {
  const index = track(
    await faiss({ module: modulePath(), threads: 1, copies: 1 }).create(parseFactory('IVF8,Flat'), {
      d,
      metric: 'l2',
    }),
  );
  await index.train(x);
  await index.add(x);
  const found = [];
  for (const nprobe of [1, 8, 4, 1, 8]) found.push(await index.search(q, 50, { nprobe }));
  expect(found[3]).toEqual(found[0]);
  expect(found[4]).toEqual(found[1]);
  expect(found[2]).not.toEqual(found[0]);
  await index.add(x);
  expect((await index.search(q, 2, { nprobe: 8 })).distances[1]).toBe(0);
});
