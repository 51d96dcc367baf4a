import { parseFactory } from '@lutra/factory';
import { expect, it } from 'vitest';
import { catalogue } from '../src/catalogue.js';
import { keepsPromises, reference } from './engine.js';
import { limited } from './faults/faulty.js';

/**
 * Strings that are run on SIMD kernels alone, each with what does the same work at the scalar level: there the first takes
 * longer than all the rest, and the others half as long as that.
 */
const LEFT_OUT: Readonly<Record<string, string>> = {
  'OPQ4,IVF8,PQ4x6': 'the tests of the engine train OPQ4,PQ4np; IVF8,PQ8x4 and PQ4x6 are here',
  RQ4x6: 'RQ4x4fs_Nrq2x4 is trained and encoded by the same steps, LSQ4x4 and PRQ2x2x4 are searched so',
  'IVF8,RQ4x6': 'as RQ4x6; the tests of the engine have IVF8,PRQ2x2x4 in lists',
  'HNSW16,IDMap': 'HNSW16 is here, and the map over other indexes; the tests of the engine have IDMap,HNSW8',
};

it('@lutra/backend-ts on scalar kernels does what it promises', async () => {
  const strings = Object.keys(LEFT_OUT);
  const known = catalogue({ d: 16, n: 400 }).map(({ factory }) => parseFactory(factory));
  for (const string of strings) expect(known).toContainEqual(parseFactory(string));
  const kinds = reference.supports.kinds.filter((kind) => kind !== 'Opq');
  await keepsPromises(limited(kinds, reference, strings), 'scalar');
}, 900_000);
