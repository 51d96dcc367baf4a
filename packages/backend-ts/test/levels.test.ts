import type { Metric, SearchParameters, VectorIndex } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { ts } from '../src/index.js';
import { fault } from './compare.js';
import { clusters } from './data.js';
import { build } from './engine.js';
import { D, GRAPHS, TYPES } from './types.js';

const base = clusters(500, D, { seed: 12 });
const queries = clusters(30, D, { seed: 12, rows: 1 });
// the level of this run is the highest, or scalar: two instances of scalar must agree to the bit
const scalar = ts({ level: 'scalar' });

describe.each([...TYPES, ...GRAPHS])('%s', (factory) => {
  it.each(['l2', 'ip'] as Metric[])(
    'answers alike at the scalar level by %s (relative 1e-5, tie-aware)',
    async (metric) => {
      const index = await build(factory, D, base, { metric });
      const plain = await scalar.load(index.toData());
      for (const parameters of settings(index)) {
        const truth = await plain.search(queries, 10, parameters);
        const found = await index.search(queries, 10, parameters);
        const scale = Math.abs(truth.distances[0]!);
        for (let q = 0; q < found.nq; q++)
          expect(fault(found, truth, q, scale), `query ${q}`).toBeUndefined();
      }
    },
  );
});

function settings(index: VectorIndex): SearchParameters[] {
  const { nprobe, kFactor } = index.parameters;
  const wide = { ...(nprobe && { nprobe: 8 }), ...(kFactor && { kFactor: 50 }) };
  return [{}, wide];
}
