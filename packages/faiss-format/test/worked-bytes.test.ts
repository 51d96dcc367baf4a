import type { FlatData, IdMapData, IvfFlatData } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { decodeIndex, encodeIndex } from '../src/index.js';

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.trim().split(/\s+/), (b) => Number.parseInt(b, 16));
}

const HEADER = '00 00 10 00 00 00 00 00 00 00 10 00 00 00 00 00';

const FLAT = `49 78 46 32 02 00 00 00 02 00 00 00 00 00 00 00 ${HEADER}
01 01 00 00 00 04 00 00 00 00 00 00 00 00 00 80
3f 00 00 00 40 00 00 40 40 00 00 80 40`;

const IVF = `49 77 46 6c 02 00 00 00 03 00 00 00 00 00 00 00 ${HEADER}
01 01 00 00 00 03 00 00 00 00 00 00 00 02 00 00
00 00 00 00 00 49 78 46 32 02 00 00 00 03 00 00
00 00 00 00 00 00 00 10 00 00 00 00 00 00 00 10
00 00 00 00 00 01 01 00 00 00 06 00 00 00 00 00
00 00 00 00 00 00 00 00 00 00 00 00 20 41 00 00
20 41 00 00 a0 41 00 00 a0 41 00 00 00 00 00 00
00 00 00 69 6c 61 72 03 00 00 00 00 00 00 00 08
00 00 00 00 00 00 00 66 75 6c 6c 03 00 00 00 00
00 00 00 02 00 00 00 00 00 00 00 01 00 00 00 00
00 00 00 00 00 00 00 00 00 00 00 00 00 80 3f 00
00 80 3f 00 00 00 00 00 00 80 3f 00 00 00 00 00
00 00 00 02 00 00 00 00 00 00 00 00 00 10 41 00
00 10 41 01 00 00 00 00 00 00 00`;

const flat: FlatData = {
  kind: 'Flat',
  d: 2,
  ntotal: 2,
  isTrained: true,
  metric: 'l2',
  metricArg: 0,
  vectors: Float32Array.of(1, 2, 3, 4),
};

function floats(...x: number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(x).buffer);
}

const ivf: IvfFlatData = {
  kind: 'IvfFlat',
  d: 2,
  ntotal: 3,
  isTrained: true,
  metric: 'l2',
  metricArg: 0,
  nlist: 3,
  nprobe: 2,
  quantizer: { ...flat, ntotal: 3, vectors: Float32Array.of(0, 0, 10, 10, 20, 20) },
  directMap: { kind: 'none' },
  invlists: {
    kind: 'array',
    nlist: 3,
    codeSize: 8,
    codes: [floats(1, 1, 0, 1), floats(9, 9), new Uint8Array(0)],
    ids: [Float64Array.of(0, 2), Float64Array.of(1), new Float64Array(0)],
  },
};

describe('files that are known byte for byte', () => {
  it('IndexFlatL2 of two vectors, 61 bytes', () => {
    expect(encodeIndex(flat)).toEqual(bytes(FLAT));
    expect(decodeIndex(bytes(FLAT))).toStrictEqual(flat);
  });

  it('IndexIVFFlat of three lists, 235 bytes', () => {
    expect(encodeIndex(ivf)).toEqual(bytes(IVF));
    expect(decodeIndex(bytes(IVF))).toStrictEqual(ivf);
  });

  it('writes sparse sizes when one of three lists is filled', () => {
    const lists = ivf.invlists as Extract<IvfFlatData['invlists'], { kind: 'array' }>;
    const codes = [new Uint8Array(0), floats(9, 9), new Uint8Array(0)];
    const ids = [new Float64Array(0), Float64Array.of(1), new Float64Array(0)];
    const encoded = encodeIndex({ ...ivf, ntotal: 1, invlists: { ...lists, codes, ids } });
    const expected = bytes(
      '73 70 72 73 02 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00',
    );
    expect(encoded.subarray(0x97, 0x97 + 28)).toEqual(expected);
  });

  it('IndexIDMap of an IndexFlatIP, 106 bytes', () => {
    const inner: FlatData = { ...flat, metric: 'ip', ntotal: 1, vectors: Float32Array.of(1, 2) };
    const data: IdMapData = {
      kind: 'IdMap',
      d: 2,
      ntotal: 1,
      isTrained: true,
      metric: 'ip',
      metricArg: 0,
      base: inner,
      ids: Float64Array.of(7),
    };
    const encoded = encodeIndex(data);
    expect(encoded.byteLength).toBe(106);
    expect(new TextDecoder().decode(encoded.subarray(0x25, 0x29))).toBe('IxFI');
    expect(encoded.subarray(90)).toEqual(bytes('01 00 00 00 00 00 00 00 07 00 00 00 00 00 00 00'));
    expect(decodeIndex(encoded)).toStrictEqual(data);
  });
});
