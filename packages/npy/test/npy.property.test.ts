import { isLutraError } from '@lutra/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elementCount } from '../src/header.read.js';
import {
  decodeNpy,
  encodeNpy,
  type NpyArray,
  type NpyData,
  type NpyDtype,
  openNpy,
  parseNpyHeader,
} from '../src/index.js';
import { collect } from './collect.js';

const CODES = ['i2', 'i4', 'i8', 'u2', 'u4', 'u8', 'f2', 'f4', 'f8'] as const;
const DTYPES: NpyDtype[] = ['|b1', '|i1', '|u1', ...CODES.flatMap((c) => [`<${c}`, `>${c}`] as NpyDtype[])];

const MAKE: Record<string, (bytes: ArrayBuffer) => NpyData> = {
  b1: (b) => new Uint8Array(b).map((x) => x & 1),
  i1: (b) => new Int8Array(b),
  u1: (b) => new Uint8Array(b),
  i2: (b) => new Int16Array(b),
  u2: (b) => new Uint16Array(b),
  i4: (b) => new Int32Array(b),
  u4: (b) => new Uint32Array(b),
  i8: (b) => new BigInt64Array(b),
  u8: (b) => new BigUint64Array(b),
  // every half float is a float32 whose low 13 bits are 0 and whose exponent fits; small integers are enough here
  f2: (b) => Float32Array.from(new Int16Array(b), (x) => x / 16 - (x % 16) / 16),
  f4: (b) => new Float32Array(b),
  f8: (b) => new Float64Array(b),
};

/** An array of any dtype, order and up to four axes, its elements random bits. */
const anyArray = (axes: fc.Arbitrary<number[]>): fc.Arbitrary<NpyArray> =>
  fc
    .record({ shape: axes, dtype: fc.constantFrom(...DTYPES), fortranOrder: fc.boolean() })
    .chain((fields) => {
      const size = Number(fields.dtype[2]);
      const count = elementCount(fields.shape);
      return fc.uint8Array({ minLength: count * size, maxLength: count * size }).map((bytes) => {
        return { ...fields, data: MAKE[fields.dtype.slice(1)]!(bytes.slice().buffer as ArrayBuffer) };
      });
    });
const smallArray = anyArray(fc.array(fc.nat(5), { maxLength: 4 }));
const table = anyArray(fc.tuple(fc.nat(40), fc.integer({ min: 1, max: 9 })));

const bits = (x: NpyData): Uint8Array => new Uint8Array(x.buffer, x.byteOffset, x.byteLength);

describe('encode and decode', () => {
  it('are inverse for every dtype, byte order, axis order and version', () => {
    const version = fc.constantFrom(1, 2, 3, undefined);
    fc.assert(
      fc.property(smallArray, version, (array, version) => {
        const bytes = encodeNpy(array, version ? { version } : undefined);
        const again = decodeNpy(bytes);
        expect({ ...again, data: [] }).toEqual({ ...array, data: [] });
        expect(again.data.constructor).toBe(array.data.constructor);
        expect(bits(again.data)).toEqual(bits(array.data));
        expect(parseNpyHeader(bytes).version).toBe(version ?? 1);
        expect(parseNpyHeader(bytes).dataOffset % 64).toBe(0);
        expect(encodeNpy(again, version ? { version } : undefined)).toEqual(bytes);
      }),
      { numRuns: 400 },
    );
  });

  it('hold what streaming gives, in any range and block size', async () => {
    const ranges = fc.tuple(fc.nat(40), fc.nat(40), fc.integer({ min: 1, max: 50 }));
    await fc.assert(
      fc.asyncProperty(table, ranges, async (array, [a, b, blockRows]) => {
        const n = array.shape[0]!;
        const [start, end] = [Math.min(a, b, n), Math.min(Math.max(a, b), n)];
        const rows = await openNpy(new Blob([encodeNpy(array)]));
        const d = array.shape[1]!;
        const wanted = Array.from(array.data.slice(start * d, end * d) as ArrayLike<unknown>, nearestFloat32);
        expect(await collect(rows, { start, end, blockRows })).toEqual(wanted);
      }),
      { numRuns: 200 },
    );
  });
});

/** By distance: of the float32 around `x` the nearest one, of two equally near the even one. */
function nearestFloat32(x: unknown): number {
  if (typeof x === 'number') return Math.fround(x);
  const exact = x as bigint;
  const bits = new Int32Array(Float32Array.of(Number(exact)).buffer)[0]!;
  const around = new Float32Array(Int32Array.of(bits - 1, bits, bits + 1).buffer).filter(Number.isInteger);
  const far = (f: number): bigint => (BigInt(f) > exact ? BigInt(f) - exact : exact - BigInt(f));
  const even = (f: number): number => new Int32Array(Float32Array.of(f).buffer)[0]! & 1;
  const [best] = [...around].sort((a, b) =>
    far(a) === far(b) ? even(a) - even(b) : far(a) < far(b) ? -1 : 1,
  );
  return best!;
}

/** Decodes and fails on anything but a valid array or a LutraError of a bad file. */
function decodeOrRefuse(bytes: Uint8Array): 'read' | 'refused' {
  try {
    const array = decodeNpy(bytes);
    if (array.data.length !== elementCount(array.shape)) throw new Error('elements do not fit the shape');
    return 'read';
  } catch (e) {
    const known = isLutraError(e, 'FORMAT') || isLutraError(e, 'UNSUPPORTED') || isLutraError(e, 'CAPACITY');
    if (!known) throw e;
    return 'refused';
  }
}

describe('bad bytes', () => {
  const files = [
    encodeNpy({ shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }),
    encodeNpy({ shape: [3], data: BigInt64Array.of(1n, 2n, 3n), dtype: '>i8' }, { version: 2 }),
    encodeNpy(
      { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4), dtype: '<f2', fortranOrder: true },
      { version: 3 },
    ),
    encodeNpy({ shape: [], data: Uint8Array.of(1), dtype: '|b1' }),
  ];

  it.each(files.map((bytes, i) => [i, bytes] as const))(
    'file %i: every proper prefix is refused',
    (_, bytes) => {
      for (let n = 0; n < bytes.length; n++) expect(decodeOrRefuse(bytes.slice(0, n))).toBe('refused');
      expect(decodeOrRefuse(bytes)).toBe('read');
    },
  );

  it.each(files.map((bytes, i) => [i, bytes] as const))(
    'file %i: every changed byte is read or refused',
    (_, bytes) => {
      const seen = { read: 0, refused: 0 };
      for (let i = 0; i < bytes.length; i++) {
        for (const change of [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff]) {
          const flipped = bytes.slice();
          flipped[i]! ^= change;
          seen[decodeOrRefuse(flipped)]++;
        }
      }
      expect(seen.refused).toBeGreaterThan(0);
      expect(seen.read).toBeGreaterThan(0);
    },
  );

  it('any dictionary text is read or refused', () => {
    const piece = fc.constantFrom(
      "'descr'",
      "'shape'",
      "'fortran_order'",
      ':',
      ',',
      '(',
      ')',
      '{',
      '}',
      "'<f4'",
      'True',
      '1',
      '3,',
      ' ',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece, { maxLength: 25 }).map((x) => x.join('')),
        ),
        (dict) => {
          const text = Uint8Array.from(`{${dict}}`, (c) => c.charCodeAt(0));
          const bytes = new Uint8Array(10 + text.length + 12);
          bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length & 255, text.length >> 8]);
          bytes.set(text, 10);
          expect(['read', 'refused']).toContain(decodeOrRefuse(bytes));
        },
      ),
      { numRuns: 1000 },
    );
  });
});
