import type { IndexData } from '@lutra/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeIndex, encodeChunks, encodedSize, encodeIndex, inspectIndex } from '../src/index.js';
import {
  flat,
  idMap,
  ivfFlat,
  ivfPq,
  ivfPqFastScan,
  pq,
  pqFastScan,
  preTransform,
  refine,
} from './arbitrary-index.js';

const RECORDS: [string, (d: number, ntotal: number) => fc.Arbitrary<IndexData>][] = [
  ['Flat', flat],
  ['Pq', pq],
  ['PqFastScan', pqFastScan],
  ['IvfFlat', ivfFlat],
  ['IvfPq', ivfPq],
  ['IvfPqFastScan', ivfPqFastScan],
  ['Refine', refine],
  ['PreTransform', preTransform],
  ['IdMap', idMap],
];

const sizes = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.nat(40));

describe('decode after encode is the identity', () => {
  it.each(RECORDS)('%s', (_, arbitrary) => {
    expect.hasAssertions();
    const index = sizes.chain(([d, ntotal]) => arbitrary(d, ntotal));
    fc.assert(
      fc.property(index, (data) => {
        const bytes = encodeIndex(data);
        const again = decodeIndex(bytes);
        // arrays by their bits: toStrictEqual holds NaN equal to NaN, and the bytes tell the rest
        expect(again).toStrictEqual(data);
        expect(Buffer.compare(encodeIndex(again), bytes)).toBe(0);
        expect(encodedSize(data)).toBe(bytes.byteLength);
        expect(Buffer.compare(Buffer.concat([...encodeChunks(data)]), bytes)).toBe(0);
        const { total, ...parts } = inspectIndex(data).bytes;
        expect(total).toBe(bytes.byteLength);
        expect(Object.values(parts).reduce((a, b) => a + b, 0)).toBe(total);
        expect(parts.overhead).toBeGreaterThan(0);
      }),
      { numRuns: 60 },
    );
  });
});
