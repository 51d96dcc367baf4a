import { type IdSelector, isSimilarity, type RangeSearchResult } from '@lutra/core';
import type { Clause } from '../clause.js';
import { fail, must, rejects } from '../failure.js';
import type { Subject } from '../subject.js';
import { exactTruth } from './searching.js';

export const ranging: readonly Clause[] = [
  {
    promise: 'rangeSearch gives lims (nq + 1) from 0, distances and labels of lims[nq]',
    needs: ['rangeSearch'],
    check: async (s) => {
      const index = await s.shared();
      const found = await index.rangeSearch(s.queries(), await radiusOf(s), withoutRefine(s));
      mustBeLims(found, s.nq);
      const none = await index.rangeSearch(new Float32Array(0), 1, withoutRefine(s));
      mustBeLims(none, 0);
    },
  },
  {
    promise: 'rangeSearch gives what is nearer than the radius, squared for l2, the radius itself excluded',
    needs: ['rangeSearch'],
    check: async (s) => {
      const index = await s.shared();
      const radius = await radiusOf(s);
      const found = await index.rangeSearch(s.queries(), radius, withoutRefine(s));
      mustBeLims(found, s.nq);
      // bits that differ: the nearest may differ in none, and none is below that
      const least = radius === 0 && s.metric === 'l2';
      must(least || found.labels.length > 0, `nothing within ${radius}, where exact search has some`);
      found.distances.forEach((distance, at) => {
        const inside = isSimilarity(s.metric) ? distance > radius : distance < radius;
        must(inside, `result ${at}: distance ${distance} is not within ${radius}`);
      });
      for (let q = 0; q < s.nq; q++) {
        const labels = found.labels.slice(found.lims[q], found.lims[q + 1]);
        must(new Set(labels).size === labels.length, `query ${q}: a label twice`);
        must(
          labels.every((label) => label >= 0 && label < s.n),
          `query ${q}: a label that is not stored`,
        );
      }
      if (s.traits.exact !== undefined) await mustHaveHits(s, found, radius, () => true);
      else await mustAgreeWithSearch(s, found, radius);
    },
  },
  {
    promise: 'rangeSearch excludes a vector at exactly the radius',
    needs: ['rangeSearch'],
    concerns: (s) => s.factory === 'Flat' && s.metric === 'l2',
    check: async (s) => {
      const index = await s.create();
      const rows = new Float32Array(3 * s.d);
      rows[0] = 2;
      rows[s.d] = 3;
      rows[2 * s.d] = 4;
      await index.add(rows);
      const found = await index.rangeSearch(new Float32Array(s.d), 9);
      must(
        `${found.labels}` === '0' && found.distances[0] === 4,
        `radius 9 found ${found.labels} of 4, 9, 16`,
      );
    },
  },
  {
    promise: 'rangeSearch looks only at what a filter selects',
    needs: ['rangeSearch', 'filter'],
    check: async (s) => {
      const index = await s.shared();
      const radius = await radiusOf(s);
      const filter: IdSelector = { kind: 'range', min: 0, max: s.n / 2 };
      const found = await index.rangeSearch(s.queries(), radius, { ...withoutRefine(s), filter });
      const all = await index.rangeSearch(s.queries(), radius, withoutRefine(s));
      const wanted = all.labels.filter((label) => label < s.n / 2);
      must(
        found.labels.every((label) => label < s.n / 2),
        'a label that is not selected',
      );
      must(found.labels.length === wanted.length, `${found.labels.length} results, wanted ${wanted.length}`);
    },
  },
  {
    promise: 'rangeSearch of an empty index finds nothing',
    needs: ['rangeSearch'],
    once: true,
    check: async (s) => {
      const index = await s.trained();
      const found = await index.rangeSearch(s.queries(), 1e6);
      mustBeLims(found, s.nq);
      must(found.labels.length === 0, `${found.labels.length} results of an empty index`);
    },
  },
  {
    promise: 'rangeSearch refuses a radius that is NaN, rows that do not fit, NaN, and unknown parameters',
    needs: ['rangeSearch'],
    once: true,
    check: async (s) => {
      const index = await s.shared();
      const x = s.queries();
      await rejects('radius NaN', 'ARGUMENT', () => index.rangeSearch(x, Number.NaN));
      await rejects('half a row', 'SHAPE', () => index.rangeSearch(x.subarray(0, s.d + 1), 1));
      await rejects('an unknown parameter', 'ARGUMENT', () => index.rangeSearch(x, 1, { speed: 1 } as never));
      x[3] = Number.NaN;
      await rejects('a query with NaN', 'ARGUMENT', () => index.rangeSearch(x, 1));
    },
  },
];

/** All lists, but no kFactor: a range has no k for it to multiply. */
function withoutRefine(s: Subject): ReturnType<Subject['wide']> {
  const { kFactor: _, ...rest } = s.wide();
  return rest;
}

/** A radius within which some queries have some ten vectors. */
async function radiusOf(s: Subject): Promise<number> {
  const index = await s.shared();
  const truth =
    s.traits.exact === undefined ? await index.search(s.queries(), 20, s.wide()) : await exactTruth(s);
  const tenth = Array.from({ length: s.nq }, (_, q) => truth.distances[q * truth.k + 10]!);
  return tenth.sort((a, b) => a - b)[s.nq >> 1]!;
}

function mustBeLims({ lims, distances, labels }: RangeSearchResult, nq: number): void {
  must(lims instanceof Float64Array, 'lims is no Float64Array');
  must(
    distances instanceof Float32Array && labels instanceof Float64Array,
    'distances or labels of another type',
  );
  must(lims.length === nq + 1, `${lims.length} lims, wanted ${nq} + 1`);
  must(lims[0] === 0, `lims begin with ${lims[0]}`);
  must(
    lims.every((v, i) => i === 0 || v >= lims[i - 1]!),
    'lims descend',
  );
  const total = lims[nq]!;
  const what = `${distances.length} distances, ${labels.length} labels, lims end at ${total}`;
  must(distances.length === total && labels.length === total, what);
}

/** What exact search has within the radius, give or take what lies on its edge. */
async function mustHaveHits(
  s: Subject,
  found: RangeSearchResult,
  radius: number,
  keep: (label: number) => boolean,
): Promise<void> {
  // a refinement ranges over the candidates of its base, whose own distances are estimates
  const complete = !s.traits.parameters.includes('kFactor') && !/Refine|RFlat/.test(s.factory);
  const truth = await exactTruth(s);
  const sign = isSimilarity(s.metric) ? -1 : 1;
  const slack = Math.max(2e-3, 1e-4 * Math.abs(radius));
  for (let q = 0; q < s.nq; q++) {
    const hits = new Map<number, number>();
    for (let at = found.lims[q]!; at < found.lims[q + 1]!; at++)
      hits.set(found.labels[at]!, found.distances[at]!);
    for (let at = q * truth.k; at < (q + 1) * truth.k; at++) {
      const [label, distance] = [truth.labels[at]!, truth.distances[at]!];
      const hit = hits.get(label);
      const depth = sign * (radius - distance);
      if (hit === undefined && complete && keep(label) && depth > slack) {
        fail(`query ${q}: label ${label} at ${distance} is within ${radius} and not found`);
      }
      if (hit !== undefined && Math.abs(hit - distance) > slack) {
        fail(`query ${q}: label ${label} is found at ${hit}, wanted ${distance}`);
      }
    }
  }
}

/** What a search of everything finds within the radius: the distances of both are of the same codes. */
async function mustAgreeWithSearch(s: Subject, found: RangeSearchResult, radius: number): Promise<void> {
  if (/HNSW|NSG|RFlat|Refine/.test(s.factory)) return;
  const index = await s.shared();
  const all = await index.search(s.queries(), s.n, s.wide());
  const near = all.distances.filter((distance, at) => {
    if (all.labels[at] === -1) return false;
    return isSimilarity(s.metric) ? distance > radius : distance < radius;
  }).length;
  const slack = Math.max(2, 0.02 * near);
  must(
    Math.abs(found.labels.length - near) <= slack,
    `${found.labels.length} results, search has ${near} of them`,
  );
}
