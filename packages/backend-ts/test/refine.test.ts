import { parseFactory } from '@lutra/factory';
import { describe, expect, it } from 'vitest';
import { ts } from '../src/index.js';

describe('a refining index behind a transform', () => {
  it('compares the query as the transform gives it: cosines, not products with the raw query', async () => {
    const spec = parseFactory('L2norm,Flat,Refine(L2norm,Flat)');
    const index = await ts().create(spec, { d: 2, metric: 'ip' });
    await index.add(Float32Array.of(3, 0, 1, 1));
    const { labels, distances } = index.searchSync!(Float32Array.of(10, 0), 2, { kFactor: 1 });
    expect([...labels]).toEqual([0, 1]);
    expect(distances[0]).toBe(1);
    expect(Math.abs(distances[1]! - Math.SQRT1_2)).toBeLessThan(1e-6);
  });
});
