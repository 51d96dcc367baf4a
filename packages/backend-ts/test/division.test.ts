import type { IndexData, SearchParameters } from '@lutra/core';
import { loadKernels } from '@lutra/kernels';
import { describe, expect, it } from 'vitest';
import { PartOfSearch, rowsOf, WholeSearch } from '../src/division.js';
import { Engine } from '../src/engine.js';
import { searchInSteps, table } from '../src/k-nearest.js';
import { loadNode } from '../src/load-node.js';
import type { IndexNode } from '../src/node.js';
import { nodeParameters } from '../src/parameters.js';
import { shares } from '../src/threads/index-threads.js';
import { clusters } from './data.js';
import { build, LEVEL } from './engine.js';
import { TYPES } from './types.js';

const D = 16;
const N = 1500;
const base = clusters(N, D, { seed: 5 });
// equal rows, so that what is kept ties within a part and across parts
for (let i = 0; i < 120; i++) base.copyWithin((i * 12 + 3) * D, 3 * D, 4 * D);
const x = base.subarray(2 * D, 5 * D);
const set = await loadKernels(LEVEL === undefined ? {} : { level: LEVEL });

function nodeOf(data: IndexData): IndexNode {
  return loadNode(new Engine(set.instantiate()), data);
}

/** The search done in `of` parts, each by a tree of its own as by a thread of its own. */
function divided(nodes: readonly IndexNode[], k: number, p: SearchParameters): ReturnType<typeof table> {
  const parameters = nodeParameters(p);
  const parts = nodes.map((node, part) => {
    const division = new PartOfSearch({ part, of: nodes.length });
    const nothing = table(3, k, node.metric);
    for (const _ of searchInSteps(node, x, { ...parameters, division }, nothing));
    expect(nothing.labels.every((label) => label === -1)).toBe(true);
    return division.kept;
  });
  const out = table(3, k, nodes[0]!.metric);
  const division = new WholeSearch(parts.reverse());
  for (const _ of searchInSteps(nodes[0]!, x, { ...parameters, division }, out));
  return out;
}

describe('a batch', () => {
  it('is shared out whole, large jobs first and small ones last', () => {
    for (const nq of [1, 2, 7, 16, 100, 1000, 20_000]) {
      for (const workers of [1, 2, 3, 7, 64]) {
        const jobs = [...shares(nq, workers)];
        expect(jobs.reduce((at, { q, size }) => (q === at && size > 0 ? at + size : Number.NaN), 0)).toBe(nq);
        expect(jobs.every(({ size }, i) => i === 0 || size <= jobs[i - 1]!.size)).toBe(true);
        expect(jobs[0]!.size).toBeLessThanOrEqual(512);
        if (nq >= 4 * workers) expect(jobs.length).toBeGreaterThanOrEqual(workers);
        if (nq >= 1000) expect(jobs.at(-1)!.size).toBeLessThanOrEqual(32);
      }
    }
    const sizes = [...shares(1000, 2)].map(({ size }) => size);
    expect(sizes).toEqual([450, 450, 45, 45, 10]);
  });
});

describe('a search that is divided', () => {
  it.each(
    [...TYPES, 'IVF8,RaBitQ4', 'IVF8,RaBitQfs4'].flatMap((factory) => [
      [factory, 'l2'] as const,
      [factory, 'ip'] as const,
    ]),
  )('finds what one thread finds: %s by %s', async (factory, metric) => {
    const index = await build(factory, D, base, { metric });
    const data = index.toData();
    const nodes = Array.from({ length: 7 }, () => nodeOf(data));
    const { nprobe, kFactor } = index.parameters;
    if (!nodes[0]!.dividedNanos?.(10, nodeParameters({ nprobe: 8 }))) {
      expect(factory).toMatch(/HNSW|SQ|RaBitQ4|RaBitQfs/);
      return;
    }
    const filter = { kind: 'range', min: 100, max: 1300 } as const;
    for (const [k, more] of [
      [1, {}],
      [10, {}],
      [150, { nprobe: 8 }],
      [5, { filter, nprobe: 8 }],
      [1400, { nprobe: 8 }],
    ] as const) {
      const p = {
        ...('filter' in more && { filter: more.filter }),
        ...(nprobe && { nprobe: 'nprobe' in more ? more.nprobe : 3 }),
        ...(kFactor && { kFactor: 4 }),
      };
      const wanted = index.searchSync!(x, k, p);
      for (const of of [1, 2, 3, 7]) {
        const found = divided(nodes.slice(0, of), k, p);
        expect([k, of, found]).toEqual([k, of, wanted]);
      }
    }
  });

  it('reads every row once', () => {
    for (const n of [0, 1, 5, 64, 1000, 1023]) {
      for (const group of [1, 4, 32]) {
        for (const of of [1, 2, 3, 7]) {
          let end = 0;
          for (let part = 0; part < of; part++) {
            const { from, to } = rowsOf(n, group, new PartOfSearch({ part, of }));
            expect(from).toBe(end);
            expect(from === n || from % group === 0).toBe(true);
            end = to;
          }
          expect(end).toBe(n);
        }
      }
    }
    expect(rowsOf(9, 4, undefined)).toEqual({ from: 0, to: 9 });
    expect(rowsOf(9, 4, new WholeSearch([]))).toEqual({ from: 0, to: 0 });
  });
});
