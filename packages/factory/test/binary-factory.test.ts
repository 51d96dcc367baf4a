import { type BinarySpec, isLutraError } from '@lutra/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkBinaryFactory, formatBinaryFactory, parseBinaryFactory } from '../src/index.js';

const flat = { kind: 'BinaryFlat' } as const;

const number = fc.integer({ min: 0, max: 2147483647 });
const basic: fc.Arbitrary<BinarySpec> = fc.oneof(
  fc.constant(flat),
  fc.record({ kind: fc.constant('BinaryHnsw' as const), M: number }),
  fc.record({ kind: fc.constant('BinaryHash' as const), b: number }),
  fc.record({ kind: fc.constant('BinaryMultiHash' as const), nhash: number, b: number }),
  fc.record({
    kind: fc.constant('BinaryIvf' as const),
    nlist: number,
    coarse: fc.oneof(fc.constant(flat), fc.record({ kind: fc.constant('BinaryHnsw' as const), M: number })),
  }),
);
const any: fc.Arbitrary<BinarySpec> = fc.oneof(
  basic,
  fc.record({ kind: fc.constantFrom('BinaryIdMap' as const, 'BinaryIdMap2' as const), base: basic }),
);

describe('parseBinaryFactory', () => {
  it.each([
    ['BFlat', flat],
    ['BIVF1024', { kind: 'BinaryIvf', nlist: 1024, coarse: flat }],
    ['BIVF64_HNSW32', { kind: 'BinaryIvf', nlist: 64, coarse: { kind: 'BinaryHnsw', M: 32 } }],
    ['BHNSW16', { kind: 'BinaryHnsw', M: 16 }],
    ['BHash12', { kind: 'BinaryHash', b: 12 }],
    ['BHash4x16', { kind: 'BinaryMultiHash', nhash: 4, b: 16 }],
    ['IDMap,BFlat', { kind: 'BinaryIdMap', base: flat }],
    ['BFlat,IDMap2', { kind: 'BinaryIdMap2', base: flat }],
    [
      'IDMap,BHNSW8,IDMap2',
      { kind: 'BinaryIdMap2', base: { kind: 'BinaryIdMap', base: { kind: 'BinaryHnsw', M: 8 } } },
    ],
  ])('%s', (text, spec) => {
    expect(parseBinaryFactory(text)).toEqual(spec);
  });

  it.each([
    ['', 0],
    ['Flat', 0],
    ['BFlat8', 5],
    ['BFlat,', 5],
    ['BIVF', 4],
    ['BIVF16,Flat', 6],
    ['BIVF16_HNSW', 11],
    ['BHNSW', 5],
    ['BHNSW16_8', 7],
    ['BHash', 5],
    ['BHash4x', 7],
    ['BIVF99999999999', 4],
    ['IDMap,', 0],
    ['IDMap,Flat', 6],
    ['bflat', 0],
  ])('refuses %j at %i, under a caret', (text, index) => {
    try {
      parseBinaryFactory(text);
      expect.unreachable();
    } catch (e) {
      if (!isLutraError(e, 'SYNTAX')) throw e;
      expect(e.details.index).toBe(index);
      expect(e.details.expected.length).toBeGreaterThan(0);
      expect(e.message).toContain('^');
    }
  });

  it('reads back what it writes', () => {
    fc.assert(
      fc.property(any, (spec) => {
        expect(parseBinaryFactory(formatBinaryFactory(spec))).toEqual(spec);
      }),
    );
  });

  it('does not run out of stack', () => {
    expect(() => parseBinaryFactory(`${'IDMap,'.repeat(10000)}BFlat`)).toThrow(/nested deeper/);
  });
});

describe('checkBinaryFactory', () => {
  it('counts bytes and training rows', () => {
    expect(checkBinaryFactory(parseBinaryFactory('BIVF16,IDMap'), 256)).toMatchObject({
      text: 'IDMap,BIVF16',
      codeSize: 32,
      minTrainRows: 16,
      maxTrainRows: 4096,
    });
    expect(checkBinaryFactory(flat, 8)).toMatchObject({ codeSize: 1, minTrainRows: 0, maxTrainRows: 0 });
  });

  it.each([
    ['BFlat', 12, 'd'],
    ['BFlat', 0, 'd'],
    ['BFlat', Number.NaN, 'd'],
    ['BIVF0', 64, 'nlist'],
    ['BIVF4_HNSW1', 64, 'M'],
    ['IDMap,BHNSW0', 64, 'M'],
    ['BHash0', 64, 'b'],
    ['BHash65', 64, 'b'],
    ['BHash65', 128, 'b'],
    ['BHash0x4', 64, 'nhash'],
    ['BHash5x16', 64, 'b'],
  ])('refuses %s over %d bits: %s', (text, d, argument) => {
    try {
      checkBinaryFactory(parseBinaryFactory(text), d);
      expect.unreachable();
    } catch (e) {
      if (!isLutraError(e, 'ARGUMENT')) throw e;
      expect(e.details.argument).toBe(argument);
    }
  });
});
