import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FlatData, Progress } from '@lutra/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeIndex, encodeIndex } from '../src/index.js';
import { readIndexFile, writeIndexFile } from '../src/node.js';
import { fixture } from './fixtures.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'faiss-format-'));
});
afterEach(() => {
  chmodSync(folder, 0o755);
  rmSync(folder, { recursive: true, force: true });
});

const name = 'refine-ivf-pqfs-l2';
const data = decodeIndex(fixture(name));

/** A Flat of 3 MiB, so that writing takes several chunks. */
const large: FlatData = {
  kind: 'Flat',
  d: 8,
  ntotal: 98_304,
  isTrained: true,
  metric: 'l2',
  metricArg: 0,
  vectors: new Float32Array(8 * 98_304).map((_, i) => i),
};

describe('readIndexFile and writeIndexFile', () => {
  it('keep the bytes of faiss, under a name that is not ASCII', async () => {
    const path = join(folder, 'индекс 音声 é.index');
    await writeIndexFile(path, data);
    expect(Buffer.compare(readFileSync(path), fixture(name))).toBe(0);
    expect(await readIndexFile(path)).toStrictEqual(data);
    expect(readdirSync(folder)).toEqual(['индекс 音声 é.index']);
  });

  it('replace what was there', async () => {
    const path = join(folder, 'a.index');
    writeFileSync(path, 'old');
    await writeIndexFile(path, large);
    expect(Buffer.compare(readFileSync(path), encodeIndex(large))).toBe(0);
  });

  it('report bytes written', async () => {
    const seen: Progress[] = [];
    await writeIndexFile(join(folder, 'a.index'), large, { onProgress: (p) => seen.push(p) });
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.map((p) => p.done)).toEqual(seen.map((p) => p.done).sort((a, b) => a - b));
    expect(seen.at(-1)).toEqual({ stage: 'write', done: 45 + 3 * 2 ** 20, total: 45 + 3 * 2 ** 20 });
  });

  it('leave the old file and nothing else when stopped, or when the data is bad', async () => {
    const path = join(folder, 'a.index');
    writeFileSync(path, 'old');
    const stop = new AbortController();
    const stopped = writeIndexFile(path, large, {
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(writeIndexFile(path, { ...large, ntotal: 1 })).rejects.toMatchObject({ code: 'SHAPE' });
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['a.index']);
  });

  it('stop reading when told', async () => {
    const path = join(folder, 'a.index');
    await writeIndexFile(path, data);
    const signal = AbortSignal.abort();
    await expect(readIndexFile(path, { signal })).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('name the path that cannot be read or written', async () => {
    const missing = join(folder, 'none', 'a.index');
    for (const call of [readIndexFile(missing), writeIndexFile(missing, data)]) {
      await expect(call).rejects.toMatchObject({
        code: 'ARGUMENT',
        message: expect.stringContaining(missing),
        details: { path: missing },
      });
    }
    await expect(readIndexFile(folder)).rejects.toMatchObject({ code: 'ARGUMENT' });
    mkdirSync(join(folder, 'taken'));
    await expect(writeIndexFile(join(folder, 'taken'), data)).rejects.toMatchObject({ code: 'ARGUMENT' });
    expect(readdirSync(folder)).toEqual(['taken']);
  });

  it('name the file that is damaged', async () => {
    const path = join(folder, 'short.index');
    writeFileSync(path, fixture(name).subarray(0, 1000));
    await expect(readIndexFile(path)).rejects.toMatchObject({
      code: 'FORMAT',
      message: expect.stringMatching(/short\.index: .* at offset \d+: wanted .* found /),
      details: { path },
    });
    writeFileSync(path, '');
    await expect(readIndexFile(path)).rejects.toMatchObject({ code: 'FORMAT' });
    writeFileSync(path, Buffer.concat([fixture(name), Buffer.from([0])]));
    await expect(readIndexFile(path)).rejects.toMatchObject({ code: 'FORMAT' });
    expect(await readIndexFile(path, { allowTrailing: true })).toStrictEqual(data);
  });
});
