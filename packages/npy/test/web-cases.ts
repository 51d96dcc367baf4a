import { isLutraError } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import {
  decodeNpy,
  dropNonFinite,
  encodeNpy,
  encodeNpz,
  type NpyDtype,
  openNpy,
  parseNpyHeader,
  readNpy,
  readNpz,
  readRows,
  scanNonFinite,
  toFloat32,
  toRows,
  toSafeIntegers,
} from '../src/index.js';
import { blockRows, collect } from './collect.js';

const DTYPES: NpyDtype[] = [
  '|b1',
  '|i1',
  '|u1',
  '<i2',
  '>u2',
  '<i4',
  '>u4',
  '<i8',
  '>u8',
  '<f2',
  '>f4',
  '<f8',
];

/** What must hold wherever the package runs; nothing here but the web's own classes. */
export function webCases(): void {
  describe('npy with web classes only', () => {
    it('reads bytes, an ArrayBuffer, a Blob and a File alike', async () => {
      const bytes = encodeNpy({ shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) });
      const wanted = decodeNpy(bytes);
      for (const source of [
        bytes,
        bytes.buffer,
        new Blob([bytes]),
        new Blob([bytes.slice(0, 50), bytes.slice(50)]),
      ]) {
        expect(await readNpy(source)).toEqual(wanted);
      }
      expect(wanted.data).toEqual(Float32Array.of(1, 2, 3, 4));
      expect(parseNpyHeader(bytes)).toMatchObject({ shape: [2, 2], dataOffset: 128, dataBytes: 16 });
    });

    it.each(DTYPES)('streams %s from a Blob in C and Fortran order', async (dtype) => {
      const data = Float64Array.from({ length: 21 }, (_, i) => (dtype === '|b1' ? i % 2 : i));
      for (const fortranOrder of [false, true]) {
        const rows = await openNpy(new Blob([encodeNpy({ shape: [7, 3], data, dtype, fortranOrder })]));
        expect(rows.shape).toEqual([7, 3]);
        expect([rows.dtype, rows.fortranOrder]).toEqual([dtype, fortranOrder]);
        expect(await collect(rows)).toEqual([...data]);
        expect(await collect(rows, { start: 2, end: 6, blockRows: 3 })).toEqual([...data.slice(6, 18)]);
        expect(await blockRows(rows, { start: 2, end: 6, blockRows: 3 })).toEqual([3, 1]);
        expect(await rows.readRows(5, 7)).toEqual(Float32Array.from(data.slice(15)));
      }
    });

    it('packs and unpacks .npz', async () => {
      const arrays = {
        x: { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
        größe: { shape: [300], data: new Float64Array(300), dtype: '<i8' as const },
      };
      for (const compress of [false, true]) {
        const bytes = encodeNpz(arrays, { compress });
        expect(bytes.length < 2000).toBe(compress);
        for (const source of [bytes, new Blob([bytes])]) {
          const found = await readNpz(source);
          expect([...found.keys()]).toEqual(['x', 'größe']);
          expect(found.get('x')).toMatchObject(arrays.x);
          expect(toSafeIntegers(found.get('größe')!)).toEqual(new Float64Array(300));
        }
      }
    });

    it('finds and drops NaN rows', async () => {
      const data = Float32Array.of(0, 1, Number.NaN, 3, 4, 5, 6, Number.POSITIVE_INFINITY);
      const rows = toRows({ shape: [4, 2], data });
      expect(await scanNonFinite(rows)).toEqual({ rows: 2, first: { row: 1, column: 0, value: Number.NaN } });
      const kept = await dropNonFinite(rows);
      expect(await readRows(kept)).toEqual(Float32Array.of(0, 1, 4, 5));
    });

    it('refuses bad files with a LutraError', async () => {
      const bytes = encodeNpy({ shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) });
      const cut = await openNpy(new Blob([bytes.slice(0, -1)])).catch((e: unknown) => e);
      expect(isLutraError(cut, 'FORMAT')).toBe(true);
      expect((cut as Error).message).toBe('npy: shape (2, 2) of <f4 wants 16 bytes at offset 128, found 15');
      const none = await readNpy(new Blob([])).catch((e: unknown) => e);
      expect(isLutraError(none, 'FORMAT')).toBe(true);
    });

    it('stops at the caller’s signal', async () => {
      const rows = await openNpy(new Blob([encodeNpy({ shape: [4, 1], data: new Float32Array(4) })]));
      const abort = new AbortController();
      const seen: number[] = [];
      const reading = (async () => {
        for await (const block of rows.blocks({ blockRows: 1, signal: abort.signal })) {
          seen.push(block.length);
          abort.abort('enough');
        }
      })();
      const error = await reading.catch((e: unknown) => e);
      expect(isLutraError(error, 'ABORTED')).toBe(true);
      expect(seen).toEqual([1]);
    });

    it('keeps float16 exact', () => {
      const data = Float32Array.of(65504, 2 ** -24, -0, 1 / 3);
      const array = decodeNpy(encodeNpy({ shape: [4], data, dtype: '<f2' }));
      expect(toFloat32(array)).toEqual(Float32Array.of(65504, 2 ** -24, -0, 0.333251953125));
    });
  });
}
