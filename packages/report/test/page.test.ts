import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { listSizesOf, type ReportData, reportPage } from '../src/index.js';

const bytes = {
  total: 1500,
  vectors: 1000,
  codes: 0,
  ids: 300,
  centroids: 100,
  graph: 0,
  transforms: 0,
  overhead: 100,
};
const point = (nprobe: number, recall: number, qps: number): ReportData['points'][number] => ({
  parameters: { nprobe },
  recall,
  qps,
});
const data: ReportData = {
  title: 'Tuning of <b>voice</b>',
  facts: [['index', 'IVF2,Flat']],
  k: 10,
  points: [point(1, 0.6, 9000), point(2, 0.9, 5000), point(3, 0.8, 4000)],
  chosen: point(2, 0.9, 5000),
  targetRecall: 0.85,
  latency: { setting: 'nprobe 2', ms: [0.1, 0.2, 0.3] },
  listSizes: [10, 20],
  bytes,
};

const { document } = parseHTML('<!doctype html><html><body></body></html>');

describe('reportPage', () => {
  it('draws every chart into one page without scripts, and leaves the document alone', () => {
    const page = reportPage(data, document);
    expect(page.match(/<h2>[^<]+/g)).toEqual(
      [
        'Recall against throughput',
        'Recall over nprobe',
        'Latency',
        'Balance of the lists',
        'Bytes by part',
        'Every setting',
      ].map((heading) => `<h2>${heading}`),
    );
    expect(page.match(/<svg/g)).toHaveLength(5);
    expect(page).not.toMatch(/<script|src=|href=/);
    expect(document.body.innerHTML).toBe('');
  });

  it('escapes text and marks the setting that was chosen', () => {
    const page = reportPage(data, document);
    expect(page).toContain('<title>Tuning of &lt;b&gt;voice&lt;/b&gt;</title>');
    expect(page).toContain('<tr class="chosen"><td>nprobe 2</td><td>0.9000</td><td>5,000</td></tr>');
  });

  it('has no chart of lists for an index without them', () => {
    const page = reportPage({ ...data, listSizes: undefined }, document);
    expect(page).not.toContain('Balance of the lists');
  });
});

describe('listSizesOf', () => {
  it('finds the lists behind a refinement', () => {
    const header = { d: 1, ntotal: 3, isTrained: true, metric: 'l2', metricArg: 0 } as const;
    const flat = { kind: 'Flat', ...header, vectors: new Float32Array(3) } as const;
    const invlists = {
      kind: 'array',
      nlist: 2,
      codeSize: 4,
      codes: [],
      ids: [new Float64Array(1), new Float64Array(2)],
    } as const;
    const base = {
      kind: 'IvfFlat',
      ...header,
      nlist: 2,
      nprobe: 1,
      quantizer: flat,
      directMap: { kind: 'none' },
      invlists,
    } as const;
    expect(listSizesOf({ kind: 'Refine', ...header, kFactor: 1, base, refine: flat })).toEqual([1, 2]);
    expect(listSizesOf(flat)).toBeUndefined();
  });
});
