import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { exactSearch, recallAtK } from '@lutra/metrics';
import { describe, expect, it } from 'vitest';
import { runCli, runJson } from './support/run-cli.js';
import { clumps, useWorkspace } from './support/workspace.js';

const python = process.env.LUTRA_PYTHON ?? 'python3';
const ws = useWorkspace();
const D = 16;
const N = 3000;
const K = 10;

interface Seen {
  readonly nprobe: number | null;
  readonly k_factor: number | null;
  readonly efSearch: number | null;
  readonly labels: number[][];
}

/** What faiss in Python reads of the file, and what it finds without being told any parameter. */
function inPython(index: string, queries: string): Seen {
  const script = join(import.meta.dirname, 'support', 'tuned_side.py');
  const out = execFileSync(python, [script, index, queries, String(K)], { encoding: 'utf8' });
  return JSON.parse(out) as Seen;
}

describe('a tuned file in faiss', () => {
  it.each(['IVF40,Flat', 'IVF40,PQ8x4fs,RFlat'])(
    'of %s has the setting that was chosen, and its recall',
    async (factory) => {
      const x = clumps(N + 300, D, 1, 40);
      const rows = x.subarray(0, N * D);
      const fresh = x.subarray(N * D);
      const base = await ws.vectors('base.npy', rows, D);
      const queries = await ws.vectors('q.npy', fresh, D);
      const index = ws.path('a.index');
      await runCli(['build', base, '-f', factory, '-o', index]);
      const before = inPython(index, queries);
      expect([before.nprobe, before.k_factor]).toEqual([1, factory.endsWith('RFlat') ? 1 : null]);
      const { chosen } = await runJson<{ chosen: { parameters: Record<string, number>; recall: number } }>([
        ...[
          'tune',
          index,
          '--base',
          base,
          '--target-recall',
          '0.95',
          '--seconds',
          '20',
          '--max-queries',
          '1500',
        ],
      ]);
      const after = inPython(index, queries);
      expect(after.nprobe).toBe(chosen.parameters.nprobe);
      expect(after.nprobe!).toBeGreaterThan(1);
      expect(after.k_factor).toBe(chosen.parameters.kFactor ?? null);
      const truth = await exactSearch(rows, fresh, { d: D, k: K });
      const recallOf = ({ labels }: Seen): number =>
        recallAtK({ labels: Float64Array.from(labels.flat()), nq: labels.length, k: K }, truth);
      // 300 fresh queries: three standard deviations of their mean below the target
      expect(recallOf(after)).toBeGreaterThan(0.95 - 3 * 0.008);
      expect(recallOf(after)).toBeGreaterThan(recallOf(before));
    },
  );
});
