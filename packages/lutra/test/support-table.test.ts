import { fileURLToPath } from 'node:url';
import { faiss } from '@lutra/backend-faiss';
import { type Backend, METRICS, type Metric } from '@lutra/core';
import { explainFactory, GRAMMAR_EXAMPLE_D } from '@lutra/factory';
import { binarySupportTable, type SupportRow, supportTable, ts } from 'lutra';
import { beforeAll, describe, expect, it } from 'vitest';
import { supportMarkdown } from './support/table-markdown.js';
import { bytesOfVector, fault } from './support/table-reality.js';

const backend: Backend = ts();
const DOCUMENT = fileURLToPath(new URL('../../../docs/support.md', import.meta.url));

async function faults(rows: readonly SupportRow[], by: Backend): Promise<string[]> {
  const found: string[] = [];
  for (const row of rows) {
    for (const metric of row.metrics) {
      const why = await fault(row, by, metric);
      if (why !== undefined) found.push(why);
    }
  }
  return found;
}

describe('the table of what is supported', () => {
  let rows: SupportRow[];
  beforeAll(async () => {
    rows = await supportTable({ backends: [backend, faiss()] });
  });

  it('stands in docs/support.md (vitest -u writes it there)', async () => {
    const binary = await binarySupportTable({ backends: [backend, faiss()] });
    await expect(supportMarkdown(rows, binary, ['ts', 'faiss'])).toMatchFileSnapshot(DOCUMENT);
  });

  it('has every example parsed, and some metric for each', () => {
    expect(rows.filter((row) => !row.parses || row.metrics.length === 0)).toEqual([]);
    expect(rows.length).toBeGreaterThan(150);
  });

  it('is true of the engine', async () => {
    expect(await faults(rows, backend)).toEqual([]);
  });

  it('has bytes a vector as the file has them', async () => {
    const wrong: string[] = [];
    // a coarse quantizer takes no vectors
    const filled = rows.filter((r) => r.builds.ts?.metrics.length && !r.example.startsWith('RCQ'));
    for (const row of filled) {
      const metric = row.builds.ts!.metrics[0]!;
      const { bytesPerVector, tokens } = explainFactory(row.example, { d: GRAMMAR_EXAMPLE_D, metric });
      // Panorama pads to whole batches, of 1,024 vectors unless told; in a graph there are none
      const example = row.example.replace(/^(?!HNSW).*Panorama4$/, '$&_1');
      const found = await bytesOfVector(example, backend, metric);
      // lists are padded to whole blocks of 32, and how high the nodes of a graph reach is drawn
      const padded = tokens.some((t) => t.kind.endsWith('FastScan')) ? 0.4 : 0;
      const drawn = tokens.some((t) => t.linkBytes > 0) ? 0.1 : 0;
      if (Math.abs(found - bytesPerVector) > (padded + drawn) * bytesPerVector) {
        wrong.push(`${row.example}: ${bytesPerVector} told, ${found} in the file`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('is found out where it lies', async () => {
    const row = rows.find((r) => r.example === 'PQ4x4fs')!;
    const says = (metrics: readonly Metric[]): SupportRow => ({
      ...row,
      metrics: METRICS.slice(0, 2),
      builds: { ts: { metrics, refusals: {} } },
    });
    expect(await faults([says(['ip', 'l2'])], backend)).toEqual([]);
    expect(await faults([says(['l2'])], backend)).toEqual(['PQ4x4fs ip ts: is built, the table says no']);
    const never = { ...says(['ip', 'l2']), example: 'ZnLattice2x4_6' };
    expect(await faults([never], backend)).toEqual([
      expect.stringMatching(/^ZnLattice2x4_6 ip ts: the table says yes, found /),
      expect.stringMatching(/^ZnLattice2x4_6 l2 ts: the table says yes, found /),
    ]);
    expect(await faults([{ ...says(['ip', 'l2']), withoutFile: ['IndexPQFastScan'] }], backend)).toHaveLength(
      2,
    );
  });
});
