import { isLutraError } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { decodeIndex, encodeIndex, KNOWN_FOURCCS } from '../src/index.js';
import { RECORD_BY_FOURCC } from '../src/records/index-records.js';
import { TRANSFORM_FOURCCS } from '../src/transforms/transform.js';
import { fixture } from './fixtures.js';
import { LEGACY_CASES, legacyBytes } from './legacy-bytes.js';

describe('older layouts', () => {
  it.each(LEGACY_CASES)('$fourcc of $name is read, and written in the layout of today', (entry) => {
    const bytes = legacyBytes(entry);
    expect(Buffer.from(bytes).includes(entry.fourcc)).toBe(true);
    const data = decodeIndex(bytes);
    expect(Buffer.compare(encodeIndex(data), fixture(entry.name))).toBe(0);
    expect(data).toStrictEqual(decodeIndex(fixture(entry.name)));
  });

  it.each(LEGACY_CASES)('$fourcc of $name: no prefix and no flipped byte gets past', (entry) => {
    const bytes = legacyBytes(entry);
    const codes = new Set<string>();
    const attempt = (damaged: Uint8Array): void => {
      try {
        encodeIndex(decodeIndex(damaged));
        codes.add('ok');
      } catch (e) {
        if (!isLutraError(e)) throw e;
        codes.add(e.code);
      }
    };
    for (let n = 0; n < bytes.length; n += 13) attempt(bytes.subarray(0, n));
    expect(codes).toEqual(new Set(['FORMAT']));
    for (let at = 0; at < Math.min(600, bytes.length); at++) {
      const damaged = bytes.slice();
      damaged[at]! ^= 1 << (at % 8);
      attempt(damaged);
    }
    expect([...codes].every((code) => ['ok', 'FORMAT', 'UNSUPPORTED', 'CAPACITY'].includes(code))).toBe(true);
  });

  it('are all read that faiss reads, but for the classes of SVS', () => {
    const unread = [...KNOWN_FOURCCS].filter(([fourcc, { group }]) => {
      if (group === 'lists' || group === 'missing') return false;
      return !RECORD_BY_FOURCC.has(fourcc) && !TRANSFORM_FOURCCS.includes(fourcc);
    });
    expect(unread.filter(([, { className }]) => !className.startsWith('IndexSVS'))).toEqual([]);
  });
});
