import type { FactorySpec } from '@lutra/core';
import { formatFactory, parseFactory } from '@lutra/factory';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cosineSpec } from '../src/cosine-spec.js';

const strings = fc
  .tuple(
    fc.subarray(['L2norm', 'PCA8', 'OPQ4', 'RR']),
    fc.constantFrom('Flat', 'PQ4', 'PQ4x4fs', 'IVF16,Flat', 'IVF16,PQ4x4fsr', 'HNSW16', 'SQ8'),
    fc.subarray(['RFlat', 'Refine(PQ8)', 'Refine(PCA4,SQ8)']),
    fc.subarray(['IDMap', 'IDMap2'], { maxLength: 1 }),
  )
  .map((parts) => parts.flat().join(','));

/** The first transform that each chain of vectors meets on its way to where it is stored. */
function firstSteps(spec: FactorySpec): string[] {
  switch (spec.kind) {
    case 'IdMap':
    case 'IdMap2':
      return firstSteps(spec.base);
    case 'RefineFlat':
      return [...firstSteps(spec.base), 'none'];
    case 'Refine':
      return [...firstSteps(spec.base), ...firstSteps(spec.refine)];
    case 'PreTransform':
      return [spec.transforms[0].kind];
    default:
      return ['none'];
  }
}

describe('cosineSpec', () => {
  it('scales every chain first, changes nothing twice, and can be written as a string', () => {
    fc.assert(
      fc.property(strings, (text) => {
        const spec = cosineSpec(parseFactory(text));
        expect(new Set(firstSteps(spec))).toEqual(new Set(['L2Norm']));
        expect(cosineSpec(spec)).toEqual(spec);
        expect(parseFactory(formatFactory(spec))).toEqual(spec);
      }),
    );
  });
});
