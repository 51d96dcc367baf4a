import { ts } from '@lutra/backend-ts';
import { parseFactory } from '@lutra/factory';
import { describe, expect, it } from 'vitest';
import { ladder } from '../src/ladder.js';
import type { DatasetInfo, IndexInfo } from '../src/protocol.js';
import { snippetOf } from '../src/snippet.js';
import { anatomyOf } from '../src/worker/anatomy.js';
import { completionsOf } from '../src/worker/completion.js';
import { partsOf, placeOf, suggestionFor } from '../src/worker/dataset.js';
import { withoutOwn } from '../src/worker/trial.js';
import { clumpedRows } from './support/rows.js';

describe('completionsOf', () => {
  const labels = (text: string): string[] => completionsOf(text).map(({ label }) => label);

  it('goes on from what is typed so far', () => {
    expect(labels('IVF16,PQ8x4fs,R')).toEqual(['RFlat', 'Refine(<index>)', 'RefinePanorama(<index>)']);
    expect(completionsOf('IVF16,PQ8x4fs,R')[0]).toMatchObject({ text: 'IVF16,PQ8x4fs,RFlat', cursor: 19 });
  });

  it('proposes a first token, and a suffix to a string that is whole', () => {
    expect(labels('')).toContain('IVF<nlist>');
    expect(completionsOf('IVF16,PQ8').map(({ text }) => text)).toContain('IVF16,PQ8,RFlat');
  });

  it('leaves numbers to whoever types', () => {
    expect(completionsOf('IVF16,PQ')).toEqual([]);
    expect(completionsOf('I').find(({ label }) => label === 'IVF<nlist>')).toMatchObject({
      text: 'IVF',
      cursor: 3,
    });
  });
});

describe('ladder', () => {
  it('rises from the least to the greatest value, each once', () => {
    for (const most of [1, 2, 3, 7, 64, 144, 1000]) {
      const steps = ladder(1, most);
      expect([steps[0], steps.at(-1)]).toEqual([1, most]);
      expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
    }
  });
});

describe('sets', () => {
  it('know which part a row is in', () => {
    const parts = partsOf([
      ['a', 3],
      ['b', 2],
    ]);
    expect(placeOf(parts, 3)).toEqual({ part: { name: 'b', start: 3, rows: 2 }, at: 0 });
    expect(placeOf(parts, 5)).toBeUndefined();
  });

  it('get a string that can be built for them', () => {
    expect(suggestionFor(100, 16)).toBe('Flat');
    expect(suggestionFor(5629, 256)).toBe('IVF144,PQ128x4fs,RFlat');
    for (const d of [1, 2, 7, 100]) expect(parseFactory(suggestionFor(5000, d)).kind).toMatch(/Ivf|Refine/);
  });
});

describe('withoutOwn', () => {
  it('leaves out the query itself and keeps k results', () => {
    const found = {
      labels: Float64Array.of(7, 1, 2, 3, 9, 8),
      distances: Float32Array.of(0, 1, 2, 3, 4, 5),
      ...{ nq: 2, k: 3 },
    };
    const { labels, distances } = withoutOwn(found, [7, 4], 2);
    expect([...labels]).toEqual([1, 2, 3, 9]);
    expect([...distances]).toEqual([1, 2, 3, 4]);
  });
});

describe('anatomyOf', () => {
  const d = 16;
  const rows = clumpedRows(1200, d);

  async function made(factory: string): Promise<ReturnType<typeof anatomyOf>> {
    const index = await ts().create(parseFactory(factory), { d, metric: 'l2' });
    await index.train(rows);
    await index.add(rows);
    return anatomyOf(index.toData(), ts());
  }

  it('says which list a vector goes to first: the one that holds it', async () => {
    const { coarse, lists, centroids } = await made('OPQ4,IVF12,PQ8x4fs,RFlat');
    const { labels } = await coarse!.search(rows.subarray(0, 20 * d), 12);
    for (let row = 0; row < 20; row++) expect(lists![labels[row * 12]!]!.includes(row)).toBe(true);
    // a rotation puts them where the rows are not
    expect(centroids).toBeUndefined();
  });

  it('finds what the codes find before they are refined', async () => {
    const { base } = await made('IVF12,PQ8x4fs,RFlat');
    const { labels } = await base!.search(rows.subarray(0, d), 40, { nprobe: 12 });
    expect([...labels]).toContain(0);
  });

  it('names the labels in lists behind an id map', async () => {
    const index = await ts().create(parseFactory('IDMap,IVF12,Flat'), { d, metric: 'l2' });
    await index.train(rows);
    await index.add(rows, { ids: Array.from({ length: 1200 }, (_, i) => 5000 - i) });
    const { lists, centroids } = await anatomyOf(index.toData(), ts());
    const all = lists!.flatMap((ids) => [...ids]).sort((a, b) => a - b);
    expect([all.length, all[0], all.at(-1)]).toEqual([1200, 3801, 5000]);
    expect(centroids).toHaveLength(12 * d);
  });

  it('has no lists where there are none', async () => {
    expect(await made('Flat')).toMatchObject({ coarse: undefined, base: undefined, lists: undefined });
  });
});

describe('snippetOf', () => {
  it('quotes names, and counts cosine as done where the string does it', () => {
    const set = { name: "o'clock" } as DatasetInfo;
    const info = { factory: 'L2norm,IVF4,Flat', metric: 'cosine', d: 8, ntotal: 100 } as IndexInfo;
    const code = snippetOf(set, info, { nprobe: 2 });
    expect(code).toContain("openNpyFile('o\\'clock.npy')");
    expect(code).toContain("indexFactory('L2norm,IVF4,Flat', { d: 8, metric: 'ip' })");
    expect(code).toContain('index.setParameters({ nprobe: 2 });');
  });
});
