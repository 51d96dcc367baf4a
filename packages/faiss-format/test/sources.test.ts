import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FlatData, IndexData, IvfFlatData } from '@lutra/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ByteReader } from '../src/bytes/byte-reader.js';
import { runReading } from '../src/bytes/reading.js';
import { readWhole } from '../src/decode-index.js';
import {
  type ArrayRequest,
  type ByteSource,
  decodeIndex,
  decodeIndexFrom,
  encodeChunks,
  encodedSize,
  encodeIndex,
  encodeIndexTo,
  readIndexBlob,
} from '../src/index.js';
import { IndexFile } from '../src/node/index-file.js';
import { readIndexFile, readIndexFileSync } from '../src/node.js';
import { CASES, fixture } from './fixtures.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'faiss-sources-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A source over `bytes` that counts what is asked of it. */
function sourceOf(bytes: Uint8Array): { size: number; asked: number; read(t: Uint8Array, at: number): void } {
  return {
    size: bytes.byteLength,
    asked: 0,
    read(target, offset): void {
      if (offset + target.byteLength > bytes.byteLength) throw new Error('read beyond the end');
      this.asked += target.byteLength;
      target.set(bytes.subarray(offset, offset + target.byteLength));
    },
  };
}

/** Gives pieces of one memory, as an engine does. */
function arena(size: number): {
  memory: SharedArrayBuffer;
  used: () => number;
  requests: ArrayRequest[];
  allocate: (bytes: number, request: ArrayRequest) => Uint8Array;
} {
  const memory = new SharedArrayBuffer(size);
  const requests: ArrayRequest[] = [];
  let at = 0;
  const allocate = (bytes: number, request: ArrayRequest): Uint8Array => {
    requests.push(request);
    const view = new Uint8Array(memory, at, bytes);
    at = Math.ceil((at + bytes) / 8) * 8;
    return view;
  };
  return { memory, used: () => at, requests, allocate };
}

/** Every typed array of an index. */
function* arraysOf(data: object): Generator<ArrayBufferView> {
  for (const value of Object.values(data)) {
    if (ArrayBuffer.isView(value)) yield value;
    else if (typeof value === 'object' && value !== null) yield* arraysOf(value);
  }
}

const large: FlatData = {
  kind: 'Flat',
  d: 16,
  ntotal: 50_000,
  isTrained: true,
  metric: 'l2',
  metricArg: 0,
  vectors: new Float32Array(16 * 50_000).map((_, i) => i % 1001),
};

describe('every golden file is the same index from', () => {
  it.each(CASES)('$name', async ({ name }) => {
    const bytes = fixture(name);
    const data = decodeIndex(bytes);

    // windows of every alignment; none of them holds a whole index
    for (const window of [8, 13, 64, 1000]) {
      const r = new ByteReader(bytes.byteLength, { window });
      const source = sourceOf(bytes);
      const read = runReading(readWhole(r, {}), (t, at) => source.read(t, at));
      expect(read).toStrictEqual(data);
    }
    const source = sourceOf(bytes);
    expect(decodeIndexFrom(source)).toStrictEqual(data);

    expect(await readIndexBlob(new Blob([bytes]))).toStrictEqual(data);

    const path = join(folder, `${name}.index`);
    writeFileSync(path, bytes);
    expect(await readIndexFile(path)).toStrictEqual(data);
    expect(readIndexFileSync(path)).toStrictEqual(data);
    rmSync(path);
  });
});

describe('memory given by the caller', () => {
  it.each(CASES)('$name is read into it', ({ name }) => {
    const bytes = fixture(name);
    for (const read of [
      (allocate: ReturnType<typeof arena>['allocate']) => decodeIndex(bytes, { allocate }),
      (allocate: ReturnType<typeof arena>['allocate']) => decodeIndexFrom(sourceOf(bytes), { allocate }),
    ]) {
      const { memory, used, allocate } = arena(2 * bytes.byteLength + 1024);
      const data = read(allocate);
      expect(data).toStrictEqual(decodeIndex(bytes));
      const filled = [...arraysOf(data)].filter((a) => a.byteLength > 0);
      // the neighbours of an NSG have no count in the file: they are gathered
      if (/^nsg\d/.test(name)) filled.splice(0, 2);
      expect(filled.filter((a) => a.buffer !== memory)).toEqual([]);
      expect(used()).toBeLessThanOrEqual(bytes.byteLength + 8 * (filled.length + 1000));
      expect(Buffer.compare(encodeIndex(data), bytes)).toBe(0);
    }
  });

  it('says what it is for, and what can still come', () => {
    const bytes = fixture('idmap2-refine');
    const { requests, allocate } = arena(2 * bytes.byteLength);
    decodeIndex(bytes, { allocate });
    expect(requests.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'f32 base.base.pq.centroids',
      'u8 base.base.codes',
      'f32 base.refine.vectors',
      'ids ids',
    ]);
    expect(requests.map((r) => r.left)).toEqual([...requests.map((r) => r.left)].sort((a, b) => b - a));
    expect(requests[0]?.left).toBeLessThan(bytes.byteLength);
  });

  it('names the list', () => {
    const bytes = fixture('ivf-flat-sparse-l2');
    const { requests, allocate } = arena(2 * bytes.byteLength);
    decodeIndex(bytes, { allocate });
    const lists = requests.filter((r) => /^invlists\.(codes|ids)\[\d+\]$/.test(r.path));
    expect(lists.map((r) => r.kind)).toEqual(['u8', 'ids', 'u8', 'ids', 'u8', 'ids'].slice(0, lists.length));
    expect(lists.length).toBeGreaterThanOrEqual(2);
  });

  it("is the reader's own when there is none", () => {
    const bytes = fixture('flat-l2');
    expect(decodeIndex(bytes, { allocate: () => undefined })).toStrictEqual(decodeIndex(bytes));
  });

  it('must fit', () => {
    const bytes = fixture('idmap-flat-l2');
    for (const allocate of [
      (n: number) => new Uint8Array(n + 1),
      (n: number) => new Uint8Array(n + 1).subarray(1),
      (n: number) => new Float32Array(n / 4) as unknown as Uint8Array,
    ]) {
      expect(() => decodeIndex(bytes, { allocate })).toThrow(expect.objectContaining({ code: 'ARGUMENT' }));
    }
  });

  it('is not asked for what the input does not have', () => {
    const bytes = fixture('ivf-pqfs-plain-l2');
    for (let n = 0; n < bytes.byteLength; n += 3) {
      let asked = 0;
      const allocate = (size: number): undefined => {
        asked += size;
      };
      const source = sourceOf(bytes.subarray(0, n));
      expect(() => decodeIndexFrom(source, { allocate })).toThrow(
        expect.objectContaining({ code: 'FORMAT' }),
      );
      expect(asked).toBeLessThanOrEqual(n);
    }
  });
});

describe('large arrays', () => {
  it('come straight from the source, all bytes once', () => {
    const bytes = encodeIndex(large);
    const source = sourceOf(bytes);
    expect(Buffer.compare(encodeIndex(decodeIndexFrom(source)), bytes)).toBe(0);
    expect(source.asked).toBe(bytes.byteLength);
  });

  it('beyond 4 GiB are found where they are', () => {
    // 1,050 lists of 4 MiB that share their memory; all but the last are zeros, which are not copied
    const nlist = 1050;
    const entries = 1024;
    const zeros = new Uint8Array(4096 * entries);
    const last = zeros.map((_, i) => 1 + (i % 251));
    const data: IvfFlatData = {
      kind: 'IvfFlat',
      d: 1024,
      ntotal: nlist * entries,
      isTrained: true,
      metric: 'l2',
      metricArg: 0,
      nlist,
      nprobe: 1,
      quantizer: { ...large, d: 1024, ntotal: 0, vectors: new Float32Array(0) },
      directMap: { kind: 'none' },
      invlists: {
        kind: 'array',
        nlist,
        codeSize: 4096,
        codes: Array.from({ length: nlist }, (_, i) => (i === nlist - 1 ? last : zeros)),
        ids: Array.from({ length: nlist }, (_, i) => new Float64Array(entries).fill(i)),
      },
    };
    const codes = new Uint8Array(zeros.byteLength);
    const allocate = (bytes: number): Uint8Array | undefined =>
      bytes === codes.byteLength ? codes : undefined;
    const read = decodeIndexFrom(sourceOfChunks(encodeChunks(data), zeros), { allocate });
    expect(encodedSize(read)).toBeGreaterThan(2 ** 32);
    expect(Buffer.compare(codes, last)).toBe(0);
    const lists = (read as IvfFlatData).invlists as Extract<IvfFlatData['invlists'], { kind: 'array' }>;
    expect(lists.ids.map((ids) => ids[7])).toEqual(Array.from({ length: nlist }, (_, i) => i));
  });

  it('beyond 4 GiB are read from a file', () => {
    const path = join(folder, 'sparse');
    const bytes = Uint8Array.of(1, 2, 3, 4, 5);
    const fd = openSync(path, 'w');
    writeSync(fd, bytes, 0, 5, 2 ** 32 + 7);
    closeSync(fd);
    const file = new IndexFile(path);
    const target = new Uint8Array(7);
    file.read(target, 2 ** 32 + 5);
    file.close();
    rmSync(path);
    expect(file.size).toBe(2 ** 32 + 12);
    expect([...target]).toEqual([0, 0, 1, 2, 3, 4, 5]);
  });
});

/** A source over `chunks` that leaves the target alone where `hole` would come. */
function sourceOfChunks(chunks: Iterable<Uint8Array>, hole: Uint8Array): ByteSource {
  const placed: { start: number; chunk: Uint8Array }[] = [];
  let size = 0;
  for (const chunk of chunks) {
    if (chunk.buffer !== hole.buffer) placed.push({ start: size, chunk });
    size += chunk.byteLength;
  }
  const read = (target: Uint8Array, offset: number): void => {
    const end = offset + target.byteLength;
    for (const { start, chunk } of placed) {
      const from = Math.max(start, offset);
      const to = Math.min(start + chunk.byteLength, end);
      if (from < to) target.set(chunk.subarray(from - start, to - start), from - offset);
    }
  };
  return { size, read };
}

describe('a Blob', () => {
  it('is read in pieces, and stops when told', async () => {
    const bytes = encodeIndex(large) as Uint8Array<ArrayBuffer>;
    const blob = new Blob([bytes]);
    expect(Buffer.compare(encodeIndex(await readIndexBlob(blob)), bytes)).toBe(0);
    const signal = AbortSignal.abort();
    await expect(readIndexBlob(blob, { signal })).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(readIndexBlob(blob.slice(0, 1000), { path: 'x.index' })).rejects.toMatchObject({
      code: 'FORMAT',
      message: expect.stringMatching(/^x\.index: vectors of IxF2 at offset 37/),
    });
  });

  it('that cannot be read is ARGUMENT', async () => {
    const blob = new Blob([encodeIndex(large) as Uint8Array<ArrayBuffer>]);
    const broken = Object.create(blob, {
      size: { value: blob.size },
      slice: { value: () => ({ arrayBuffer: () => Promise.reject(new Error('gone')) }) },
    }) as Blob;
    await expect(readIndexBlob(broken)).rejects.toMatchObject({ code: 'ARGUMENT' });
  });
});

describe('encodeIndexTo', () => {
  it('hands out the bytes in pieces', async () => {
    const data: IndexData = decodeIndex(fixture('refine-ivf-pqfs-l2'));
    for (const index of [data, large]) {
      const pieces: Buffer[] = [];
      const n = await encodeIndexTo(index, async (chunk) => {
        await Promise.resolve();
        pieces.push(Buffer.from(chunk));
      });
      expect(Buffer.compare(Buffer.concat(pieces), encodeIndex(index))).toBe(0);
      expect(n).toBe(Buffer.concat(pieces).byteLength);
    }
  });

  it('stops when told', async () => {
    const stop = new AbortController();
    const writing = encodeIndexTo(large, () => stop.abort(), { signal: stop.signal });
    await expect(writing).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
