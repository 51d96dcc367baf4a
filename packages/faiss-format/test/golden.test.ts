import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeIndex, encodeChunks, encodedSize, encodeIndex } from '../src/index.js';
import { CASES, fixture } from './fixtures.js';

describe('golden files of faiss', () => {
  it('are at least 400 by 1.15.1 and 50 by 1.7.4', () => {
    const older = CASES.filter((entry) => entry.faiss === '1.7.4');
    expect(older.length).toBeGreaterThanOrEqual(50);
    expect(CASES.length - older.length).toBeGreaterThanOrEqual(400);
  });

  it.each(CASES)('$name', (entry) => {
    const bytes = fixture(entry.name);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(entry.sha256);

    const data = decodeIndex(bytes, { path: entry.name });
    expect([data.d, data.ntotal, data.metric]).toEqual([entry.d, entry.ntotal, entry.metric]);
    expect(data.isTrained).toBe(entry.state !== 'untrained');

    const encoded = encodeIndex(data);
    expect(Buffer.compare(encoded, bytes)).toBe(0);
    expect(encodedSize(data)).toBe(bytes.byteLength);
    expect(Buffer.compare(Buffer.concat([...encodeChunks(data)]), bytes)).toBe(0);
    expect(decodeIndex(encoded)).toStrictEqual(data);

    // at an odd address nothing is aligned: every array must have been copied right
    const moved = new Uint8Array(bytes.byteLength + 1).subarray(1);
    moved.set(bytes);
    expect(decodeIndex(moved)).toStrictEqual(data);
    expect(Buffer.compare(moved, bytes)).toBe(0);
    for (let shift = 0; shift < 8; shift++) {
      const own = new Uint8Array(bytes.byteLength + shift).subarray(shift);
      own.set(bytes);
      expect(Buffer.compare(encodeIndex(decodeIndex(own, { inPlace: true })), bytes)).toBe(0);
    }
  });
});
