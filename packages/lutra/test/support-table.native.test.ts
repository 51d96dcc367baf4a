import { createRequire } from 'node:module';
import { faiss } from '@lutra/backend-faiss';
import { supportTable } from 'lutra';
import { expect, it } from 'vitest';
import { fault } from './support/table-reality.js';

const module =
  process.env.LUTRA_FAISS_NODE ??
  createRequire(new URL('../../backend-faiss/package.json', import.meta.url)).resolve('faiss-node');

it('the table of what is supported is true of native faiss', async () => {
  const backend = faiss({ module, threads: 1 });
  const rows = await supportTable({ backends: [backend] });
  const found: string[] = [];
  for (const [i, row] of rows.entries()) {
    // a process is started for each: one metric of an example, taking turns
    const metric = row.metrics[i % row.metrics.length]!;
    const why = await fault(row, backend, metric);
    if (why !== undefined) found.push(why);
  }
  expect(found).toEqual([]);
});
