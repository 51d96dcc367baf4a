import {
  type FlatData,
  type IndexData,
  type IvfFlatData,
  type IvfPqFastScanData,
  isLutraError,
  type PqFastScanData,
  type RefineData,
} from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { decodeIndex, encodeChunks, encodedSize, encodeIndex } from '../src/index.js';
import { fixture } from './fixtures.js';

function load<T extends IndexData>(name: string): T {
  return decodeIndex(fixture(name)) as T;
}

function failure(data: unknown): string {
  try {
    encodeIndex(data as IndexData);
  } catch (e) {
    if (isLutraError(e)) return `${e.code} ${e.message}`;
    throw e;
  }
  return 'encoded';
}

const flat = load<FlatData>('flat-l2');
const ivf = load<IvfFlatData>('ivf-flat-l2');
const ivfFs = load<IvfPqFastScanData>('ivf-pqfs-plain-l2');
const fs = load<PqFastScanData>('pq4fs-l2');
const refine = load<RefineData>('refine-pq4fs-l2');
const lists = ivf.invlists as Extract<IvfFlatData['invlists'], { kind: 'array' }>;

describe('data that would make a broken file is refused', () => {
  it.each<[string, unknown, RegExp]>([
    ['too few vectors', { ...flat, ntotal: 31 }, /^SHAPE vectors of Flat: wanted 248 elements, found 240/],
    [
      'an array of another type',
      { ...flat, vectors: new Float64Array(240) },
      /^ARGUMENT vectors of Flat: wanted a Float32Array, found Float64Array/,
    ],
    ['no metric', { ...flat, metric: 'cosine' }, /^ARGUMENT metric of Flat: wanted a metric, found cosine/],
    [
      'a fractional d',
      { ...flat, d: 7.5, vectors: new Float32Array(225) },
      /^ARGUMENT d of Flat: wanted a 32-bit integer, found 7.5/,
    ],
    [
      'd above the limit',
      { ...flat, d: 2 ** 21, ntotal: 0, vectors: new Float32Array(0) },
      /^ARGUMENT d of Flat/,
    ],
    ['no boolean', { ...flat, isTrained: 1 }, /^ARGUMENT isTrained of Flat: wanted a boolean, found 1/],
    ['nothing', null, /^ARGUMENT data/],
    ['an unknown kind', { ...flat, kind: 'Vamana' }, /^UNSUPPORTED data: index of kind Vamana/],
    [
      'lists short of one',
      { ...ivf, invlists: { ...lists, ids: lists.ids.slice(1) } },
      /^SHAPE invlists.ids of IvfFlat: wanted 8 elements, found 7/,
    ],
    [
      'lists of another code size',
      { ...ivf, invlists: { ...lists, codeSize: 4 } },
      /^ARGUMENT invlists.codeSize of IvfFlat: wanted 32, found 4/,
    ],
    [
      'codes that do not match ids',
      { ...ivf, invlists: { ...lists, codes: lists.codes.map((c) => c.subarray(1)) } },
      /^SHAPE invlists.codes\[\d\] of IvfFlat/,
    ],
    [
      'an id that is no integer',
      { ...ivf, invlists: { ...lists, ids: lists.ids.map((x) => x.map(() => 0.5)) } },
      /^ARGUMENT invlists.ids\[\d\]\[0\] of IvfFlat: wanted a safe integer, found 0.5/,
    ],
    [
      'rows where blocks belong',
      { ...ivfFs, invlists: lists },
      /^ARGUMENT invlists of IvfPqFastScan: wanted lists in blocks/,
    ],
    [
      'too few centroids',
      { ...ivf, quantizer: flat },
      /^ARGUMENT quantizer of IvfFlat: wanted 8 centroids, one a list, found 30/,
    ],
    [
      'a direct map of another length',
      { ...ivf, directMap: { kind: 'array', places: new BigInt64Array(3) } },
      /^SHAPE directMap.places/,
    ],
    ['bbs 48', { ...fs, bbs: 48 }, /^ARGUMENT bbs of PqFastScan: wanted a multiple of 32/],
    ['M2 odd', { ...fs, M2: 3 }, /^ARGUMENT M2 of PqFastScan: wanted 4/],
    ['too few codes', { ...fs, codes: fs.codes.subarray(64) }, /^SHAPE codes of PqFastScan/],
    [
      'a negative nprobe',
      { ...ivf, nprobe: -1 },
      /^ARGUMENT nprobe of IvfFlat: wanted a safe integer from 0, found -1/,
    ],
    ['kFactor 0', { ...refine, kFactor: 0 }, /^ARGUMENT kFactor of Refine: wanted 1 to 1000, found 0/],
    [
      'a nested fault',
      { ...refine, base: { ...fs, d: 16, ntotal: 100, ntotal2: 128 } },
      /^SHAPE base.codes of PqFastScan/,
    ],
  ])('%s', (_, data, pattern) => {
    expect(failure(data)).toMatch(pattern);
  });

  it('before the first chunk', () => {
    const broken = { ...flat, ntotal: 31 };
    expect(() => encodeChunks(broken)).toThrow(expect.objectContaining({ code: 'SHAPE' }));
    expect(() => encodedSize(broken)).toThrow(expect.objectContaining({ code: 'SHAPE' }));
  });

  it('indexes nested in themselves', () => {
    const loop = { ...load<IndexData & { base: IndexData }>('idmap-flat-l2') } as { base: unknown };
    loop.base = loop;
    expect(failure(loop)).toMatch(/^ARGUMENT .*wanted at most 50 nested indexes/);
  });
});

describe('chunks', () => {
  it('are views of large arrays and blocks of small ones', () => {
    const vectors = new Float32Array(1_000_000).fill(0.5);
    const data: FlatData = { ...flat, d: 8, ntotal: 125_000, vectors };
    const chunks = [...encodeChunks(data)];
    expect(chunks.map((c) => c.byteLength)).toEqual([45, 4_000_000]);
    expect(chunks[1]!.buffer).toBe(vectors.buffer);
  });

  it('thousands of lists are few chunks', () => {
    const nlist = 5000;
    const data: IvfFlatData = {
      ...ivf,
      ntotal: nlist,
      nlist,
      quantizer: { ...flat, ntotal: nlist, vectors: new Float32Array(8 * nlist) },
      invlists: {
        kind: 'array',
        nlist,
        codeSize: 32,
        codes: Array.from({ length: nlist }, () => new Uint8Array(32)),
        ids: Array.from({ length: nlist }, (_, i) => Float64Array.of(i)),
      },
    };
    const chunks = [...encodeChunks(data)];
    expect(chunks.length).toBeLessThan(6);
    expect(Buffer.compare(Buffer.concat(chunks), encodeIndex(data))).toBe(0);
    // a second round gives the same: the result can be read again
    const again = encodeChunks(data);
    expect(Buffer.compare(Buffer.concat([...again]), Buffer.concat([...again]))).toBe(0);
  });
});
