import { isLutraError, type LutraErrorCode } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { decodeIndex, KNOWN_FOURCCS } from '../src/index.js';
import { fixture } from './fixtures.js';

function edit(name: string, change: (view: DataView, bytes: Uint8Array) => void): Uint8Array {
  const bytes = fixture(name);
  change(new DataView(bytes.buffer), bytes);
  return bytes;
}

function failure(
  bytes: Uint8Array,
  path?: string,
): { code: LutraErrorCode; message: string; details: object } {
  try {
    decodeIndex(bytes, path === undefined ? {} : { path });
  } catch (e) {
    if (isLutraError(e)) return { code: e.code, message: e.message, details: e.details };
    throw e;
  }
  throw new Error('decoded');
}

function find(bytes: Uint8Array, text: string): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(text);
}

describe('what is wrong with a file', () => {
  it('names file, field, class, offset, wanted and found', () => {
    const bytes = edit('refine-ivf-pqfs-l2', (view, all) => {
      view.setInt32(find(all, 'ilbl') + 20, 48, true);
    });
    const at = find(bytes, 'ilbl') + 20;
    const { code, message, details } = failure(bytes, 'my.index');
    expect(message).toMatch(
      /^my\.index: base\.invlists\.codes of IwPf at offset \d+: wanted \d+ elements, found \d+$/,
    );
    expect(code).toBe('FORMAT');
    expect(details).toMatchObject({ format: 'faiss', field: 'base.invlists.codes', path: 'my.index' });
    expect((details as { offset: number }).offset).toBeGreaterThan(at);
  });

  it.each<[string, string, (view: DataView, bytes: Uint8Array) => void, RegExp]>([
    [
      'd',
      'flat-l2',
      (v) => v.setInt32(4, -1, true),
      /: d of IxF2 at offset 4: wanted 0 to 1048576, found -1/,
    ],
    [
      'ntotal',
      'flat-l2',
      (v) => v.setBigInt64(8, -5n, true),
      /ntotal of IxF2 at offset 8: wanted at least 0/,
    ],
    [
      'a bool',
      'flat-l2',
      (v) => v.setUint8(32, 2),
      /isTrained of IxF2 at offset 32: wanted a bool, 0 or 1, found 2/,
    ],
    ['the metric', 'flat-l2', (v) => v.setInt32(33, 7, true), /metric of IxF2 at offset 33: .* found 7/],
    [
      'a count',
      'flat-l2',
      (v) => v.setBigUint64(37, 1n << 60n, true),
      /vectors of IxF2 at offset 37: .*left/,
    ],
    [
      'a size',
      'flat-l2',
      (v) => v.setInt32(4, 9, true),
      /vectors of IxF2 at offset 37: wanted 270 elements, found 240/,
    ],
  ])('%s', (_, name, change, pattern) => {
    const { code, message } = failure(edit(name, change));
    expect(message).toMatch(pattern);
    expect(code).toBe('FORMAT');
  });

  it('bytes after the index, unless told otherwise', () => {
    const name = 'flat-empty-l2';
    const bytes = new Uint8Array([...fixture(name), 0, 0]);
    expect(failure(bytes).message).toMatch(/at offset 45: wanted the end of the file, found 2 more bytes/);
    expect(decodeIndex(bytes, { allowTrailing: true })).toStrictEqual(decodeIndex(fixture(name)));
  });

  it('k_factor outside 1 to 1000, as faiss', () => {
    for (const kFactor of [0.5, 1001, Number.NaN, Number.POSITIVE_INFINITY]) {
      const bytes = edit('refine-pq4fs-l2', (v) => v.setFloat32(v.byteLength - 4, kFactor, true));
      expect(failure(bytes).message).toMatch(/kFactor of IxRF at offset \d+: wanted 1 to 1000, found/);
    }
  });

  it('transforms that do not follow each other', () => {
    const bytes = edit('pt-pca8', (v, all) => v.setInt32(find(all, 'IxF2') + 4, 7, true));
    expect(failure(bytes).code).toBe('FORMAT');
    const outer = edit('pt-pca8', (v) => v.setInt32(4, 15, true));
    expect(failure(outer).message).toMatch(
      /transforms\[0\] of IxPT at offset 41: wanted input dimension 15, found 16/,
    );
  });

  it('an id map of the wrong length', () => {
    const bytes = edit('idmap-flat-l2', (v) => v.setBigUint64(8, 29n, true));
    expect(failure(bytes).message).toMatch(/base of IxMp at offset 37: wanted 29 vectors, found 30/);
  });

  it('ids beyond 2^53 are CAPACITY, with the value', () => {
    const bytes = edit('idmap-flat-l2', (v) => v.setBigInt64(v.byteLength - 8, 1n << 60n, true));
    const { code, message } = failure(bytes, 'a.index');
    expect(code).toBe('CAPACITY');
    expect(message).toMatch(/^a\.index: ids\[29\] of IxMp at offset \d+: .* found 1152921504606846976$/);
  });
});

describe('what kind of file it is', () => {
  const head = (fourcc: string): Uint8Array => {
    const bytes = new Uint8Array(64);
    bytes.set(new TextEncoder().encode(fourcc));
    return bytes;
  };

  it('no faiss file', () => {
    for (const bytes of [Uint8Array.of(0x93, 0x4e, 0x55, 0x4d), Uint8Array.of(0, 1, 2, 3, 4)]) {
      const { code, message } = failure(bytes, 'x.npy');
      expect(code).toBe('FORMAT');
      expect(message).toMatch(/^x\.npy: not a faiss index file/);
    }
    expect(failure(new Uint8Array(0)).code).toBe('FORMAT');
    expect(failure(new Uint8Array(3)).message).toMatch(/at offset 0: .* found 3 bytes left/);
  });

  it('a class that faiss has and this codec has not', () => {
    for (const [fourcc, className] of [
      ['ISVD', 'IndexSVSVamana'],
      ['ISVF', 'IndexSVSFlat'],
    ] as const) {
      const { code, message, details } = failure(head(fourcc), 'h.index');
      expect(code).toBe('UNSUPPORTED');
      expect(message).toBe(
        `h.index: "${fourcc}" (${className}) at offset 0: not read by @lutra/faiss-format`,
      );
      expect(details).toEqual({ feature: fourcc, by: '@lutra/faiss-format' });
    }
  });

  it('an unknown fourcc', () => {
    expect(failure(head('Zzzz'))).toMatchObject({
      code: 'UNSUPPORTED',
      message: 'faiss index: unknown fourcc "Zzzz" at offset 0: not read by @lutra/faiss-format',
    });
  });

  it('lists or a transform where an index should be', () => {
    expect(failure(head('ilar')).message).toMatch(/wanted an index, found "ilar" \(ArrayInvertedLists\)/);
    expect(failure(head('LTra')).code).toBe('FORMAT');
  });

  it('a binary index where one of floats should be, and none where one is needed', () => {
    const bytes = fixture('idmap-flat-l2');
    for (const [fourcc, found] of [
      ['IBxF', /base of IxMp at offset 37: wanted an index, found "IBxF" \(IndexBinaryFlat\)/],
      ['null', /base of IxMp at offset 37: wanted an index, found "null"/],
    ] as const) {
      bytes.set(new TextEncoder().encode(fourcc), 37);
      expect(failure(bytes).message).toMatch(found);
    }
    const binary = fixture('binary-idmap');
    binary.set(new TextEncoder().encode('IxF2'), find(binary, 'IBxF'));
    expect(failure(binary).message).toMatch(/base of IBMp .*: wanted a binary index, found "IxF2"/);
  });

  it('lists of no kind', () => {
    const bytes = edit('ivf-flat-l2', (_, all) =>
      all.set(new TextEncoder().encode('ilXX'), find(all, 'ilar')),
    );
    expect(failure(bytes)).toMatchObject({
      code: 'FORMAT',
      message: expect.stringMatching(
        /invlists of IwFl at offset \d+: wanted inverted lists .*, found "ilXX"/,
      ),
    });
  });

  it('knows the fourccs of faiss', () => {
    expect(KNOWN_FOURCCS.size).toBeGreaterThan(110);
    for (const [fourcc, { className }] of KNOWN_FOURCCS) {
      expect(fourcc).toHaveLength(4);
      expect(className).toMatch(/^[A-Z]\w+$|^none$/);
    }
  });

  it('not bytes at all', () => {
    expect(failure('IxF2' as unknown as Uint8Array).code).toBe('ARGUMENT');
  });

  it('an ArrayBuffer is as good', () => {
    const bytes = fixture('flat-l2');
    expect(decodeIndex(bytes.buffer)).toStrictEqual(decodeIndex(bytes));
  });
});
