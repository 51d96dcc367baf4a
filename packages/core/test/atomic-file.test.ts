import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { isLutraError } from '../src/index.js';
import { AtomicFile, fileError } from '../src/node.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lutra-é漢-'));
});

describe('AtomicFile', () => {
  it('appears only by commit, with header fix-ups in place', async () => {
    const path = join(folder, 'größe.bin');
    const file = await AtomicFile.create(path);
    await file.write(Uint8Array.of(0, 0));
    await file.write(Uint8Array.of(3));
    await file.writeAt(Uint8Array.of(1, 2), 0);
    expect(file.size).toBe(3);
    expect(await readdir(folder)).not.toContain('größe.bin');
    await file.commit();
    expect(await readdir(folder)).toEqual(['größe.bin']);
    expect([...(await readFile(path))]).toEqual([1, 2, 3]);
  });

  it('leaves the old file and nothing else after abort', async () => {
    const path = join(folder, 'a');
    await writeFile(path, 'old');
    const file = await AtomicFile.create(path);
    await file.write(Uint8Array.of(1));
    await file.abort();
    await file.abort();
    expect(await readdir(folder)).toEqual(['a']);
    expect(await readFile(path, 'utf8')).toBe('old');
  });

  it('names a path that cannot be written', async () => {
    const path = join(folder, 'missing', 'a');
    const e = await AtomicFile.create(path).catch((x) => x);
    expect(isLutraError(e, 'ARGUMENT')).toBe(true);
    expect(e.message).toContain(path);
  });

  it('leaves nothing when the final name is a folder', async () => {
    const inner = await mkdtemp(join(folder, 'dir'));
    await writeFile(join(inner, 'x'), '');
    const file = await AtomicFile.create(inner);
    expect(isLutraError(await file.commit().catch((x) => x))).toBe(true);
    expect(await readdir(folder)).toHaveLength(1);
  });
});

describe('fileError', () => {
  it('says CAPACITY for a full disk', () => {
    const e = fileError(Object.assign(new Error('write'), { code: 'ENOSPC' }), '/x/y');
    expect(isLutraError(e, 'CAPACITY')).toBe(true);
    expect((e as Error).message).toContain('/x/y');
  });

  it('hands back what is no file system error', () => {
    const bug = new TypeError('bug');
    expect(fileError(bug, '/x')).toBe(bug);
  });
});
