import { describe, expect, it } from 'vitest';
import {
  decodeNpy,
  encodeNpy,
  type NpyArrayInit,
  type NpyDtype,
  readNpy,
  toFloat32,
  toSafeIntegers,
} from '../src/index.js';
import { expectError } from './expect-error.js';

describe('encodeNpy', () => {
  it('writes labels as <i8 from float64', () => {
    const labels = Float64Array.of(0, -1, 2 ** 53 - 1, -(2 ** 53 - 1), 2 ** 32, -(2 ** 32) - 5);
    const array = decodeNpy(encodeNpy({ shape: [3, 2], data: labels, dtype: '<i8' }));
    expect(array.data).toEqual(BigInt64Array.from(labels, BigInt));
    expect(toSafeIntegers(array)).toEqual(labels);
    const unsigned = decodeNpy(encodeNpy({ shape: [2], data: Float64Array.of(5, 2 ** 40), dtype: '>u8' }));
    expect(unsigned.data).toEqual(BigUint64Array.of(5n, 2n ** 40n));
  });

  const misfits: [NpyDtype, NpyArrayInit['data'], string][] = [
    ['|b1', Uint8Array.of(0, 2), 'element 1 is 2'],
    ['|i1', Float32Array.of(-128, 127, 128), 'element 2 is 128'],
    ['|u1', Float32Array.of(0.5), 'element 0 is 0.5'],
    ['<i2', Float64Array.of(-32769), 'element 0 is -32769'],
    ['<u2', Int32Array.of(65535, -1), 'element 1 is -1'],
    ['<i4', Float64Array.of(Number.NaN), 'element 0 is NaN'],
    ['<u4', BigInt64Array.of(2n ** 32n), 'element 0 is 4294967296'],
    ['<i4', BigInt64Array.of(2n ** 62n + 1n), 'element 0 is 4611686018427387905'],
    ['<i8', Float64Array.of(2 ** 53), 'element 0 is 9007199254740992'],
    ['<i8', BigUint64Array.of(2n ** 63n), 'element 0 is 9223372036854775808'],
    ['<u8', BigInt64Array.of(-1n), 'element 0 is -1'],
    ['<u8', Float64Array.of(-1), 'element 0 is -1'],
  ];
  it.each(misfits)('refuses what %s cannot hold', async (dtype, data, says) => {
    await expectError(() => encodeNpy({ shape: [data.length], data, dtype }), 'ARGUMENT', says);
  });

  it('converts between all kinds of numbers', () => {
    const all: NpyDtype[] = [
      '|b1',
      '|i1',
      '|u1',
      '<i2',
      '>u2',
      '>i4',
      '<u4',
      '<i8',
      '>u8',
      '>f2',
      '<f4',
      '>f8',
    ];
    const sources = all.map((dtype) =>
      decodeNpy(encodeNpy({ shape: [2], data: Float64Array.of(1, 0), dtype })),
    );
    for (const { data } of sources) {
      for (const dtype of all) {
        const array = decodeNpy(encodeNpy({ shape: [2], data, dtype }));
        expect(array.dtype).toBe(dtype);
        expect([...toFloat32(array)]).toEqual([1, 0]);
      }
    }
  });

  it('refuses arrays that do not fit together', async () => {
    const data = new Float32Array(5);
    await expectError(() => encodeNpy({ shape: [2, 3], data }), 'SHAPE', 'wants 6 elements, data has 5');
    await expectError(() => encodeNpy({ shape: [-5], data }), 'ARGUMENT', 'shape wants whole numbers');
    await expectError(
      () => encodeNpy({ shape: [5], data, dtype: '<f3' as NpyDtype }),
      'ARGUMENT',
      'dtype wants',
    );
    await expectError(
      () => encodeNpy({ shape: [5], data }, { version: 4 as 3 }),
      'ARGUMENT',
      'version wants',
    );
    const list = [1, 2] as unknown as Float32Array;
    await expectError(() => encodeNpy({ shape: [2], data: list }), 'ARGUMENT', 'no numeric typed array');
    await expectError(() => encodeNpy(undefined as never), 'ARGUMENT', 'array wants');
  });

  it('leaves the caller’s bytes and Buffers as they are', () => {
    const bytes = Buffer.from(encodeNpy({ shape: [2], data: Float32Array.of(1, 2), dtype: '>f4' }));
    const before = Buffer.from(Uint8Array.from(bytes));
    expect(decodeNpy(bytes).data).toEqual(Float32Array.of(1, 2));
    expect(bytes.equals(before)).toBe(true);
    const table = Buffer.from([1, 2, 3, 4]);
    const fortran = encodeNpy({ shape: [2, 2], data: table, fortranOrder: true });
    expect([...fortran.subarray(-4)]).toEqual([1, 3, 2, 4]);
    expect([...table]).toEqual([1, 2, 3, 4]);
  });

  it('reads at any byte offset', () => {
    const bytes = encodeNpy({ shape: [3], data: Float64Array.of(1, 2, 3) });
    for (let shift = 0; shift < 9; shift++) {
      const moved = new Uint8Array(bytes.length + shift);
      moved.set(bytes, shift);
      expect(decodeNpy(moved.subarray(shift)).data).toEqual(Float64Array.of(1, 2, 3));
    }
  });
});

describe('toSafeIntegers', () => {
  it('refuses what is beyond 2^53 and what is not whole', async () => {
    const error = await expectError(
      () => toSafeIntegers(BigInt64Array.of(1n, 2n ** 53n)),
      'CAPACITY',
      'element 1 is 9007199254740992',
    );
    expect(error.details).toMatchObject({ wanted: 2 ** 53, limit: 2 ** 53 - 1 });
    await expectError(() => toSafeIntegers(Float32Array.of(0.5)), 'ARGUMENT', 'element 0 is 0.5');
    await expectError(() => toSafeIntegers(Float32Array.of(Number.NaN)), 'ARGUMENT', 'element 0 is NaN');
    expect(toSafeIntegers({ data: Int16Array.of(-3, 4) })).toEqual(Float64Array.of(-3, 4));
  });
});

describe('readNpy', () => {
  it('refuses what is no source', async () => {
    for (const source of [undefined, null, 'a.npy', 5, [1, 2], new Float32Array(3)]) {
      await expectError(() => readNpy(source as never), 'ARGUMENT', 'source wants');
    }
  });
});
