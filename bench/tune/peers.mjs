// Tuning beside what faiss and autofaiss have for it, in Python, on the same data, one thread each: recall reached on fresh
// queries, queries a second of each in its own engine, and what the tuning took. All by processor time.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { recallAtK } from '@lutra/metrics';
import { writeNpyFile } from '@lutra/npy/node';
import { autoIndex, exactByBackend, tune } from '@lutra/tune';
import Table from 'cli-table3';
import { Command } from 'commander';
import { indexFactory, ts } from 'lutra';
import { writeIndexFile } from 'lutra/node';
import { holdOut, loadRows, processorSeconds, race } from './shared.mjs';

const options = new Command('peers')
  .requiredOption('--base <path>', 'an .npy file or a folder of them')
  .option('--factory <string>', 'the index that is tuned', 'IVF918,Flat')
  .option('--target <r>', 'the recall', '0.95')
  .option('--held <n>', 'rows held out: half to tune with, half fresh', '4000')
  .option('-k <n>', 'results a query', '10')
  .option('--python <path>', 'a Python with faiss-cpu and autofaiss', process.env.LUTRA_PYTHON ?? 'python3')
  .option('--script <path>', 'peers.py', fileURLToPath(new URL('peers.py', import.meta.url)))
  .parse()
  .opts();
const [k, targetRecall] = [Number(options.k), Number(options.target)];
const { base, queries, d } = holdOut(await loadRows(options.base), Number(options.held), 99);
const half = (Number(options.held) / 2) * d;
const [pool, fresh] = [queries.subarray(0, half), queries.subarray(half)];
const exact = exactByBackend(ts());
const truthOf = (x) => exact(base, x, { d, k, metric: 'l2' });
const [poolTruth, freshTruth] = [await truthOf(pool), await truthOf(fresh)];
const index = await indexFactory(options.factory, { d });
await index.train(base);
await index.add(base);
const folder = mkdtempSync(join(tmpdir(), 'lutra-peers-'));
const rows = [];
try {
  await writeIndexFile(join(folder, 'index'), index);
  for (const [name, data] of Object.entries({ base, pool, fresh })) {
    await writeNpyFile(join(folder, `${name}.npy`), { shape: [data.length / d, d], data });
  }
  for (const [name, { labels, nq }] of Object.entries({ pool_truth: poolTruth, fresh_truth: freshTruth })) {
    await writeNpyFile(join(folder, `${name}.npy`), { shape: [nq, k], data: Float64Array.from(labels) });
  }
  const given = { k, targetRecall, clock: processorSeconds, curve: false };
  await measured('Lutra tune, truth given', index, () =>
    tune(index, { ...given, queries: pool, groundTruth: poolTruth }),
  );
  await measured('Lutra tune, from its rows', index, () =>
    tune(index, { ...given, rows: base, exact, maxQueries: 2000 }),
  );
  const began = processorSeconds();
  const auto = await autoIndex(base, { ...given, d, backends: [ts()], maxQueries: 1000 });
  await judge('Lutra autoIndex', auto.index, processorSeconds() - began, `${auto.factory}: `);
  const argv = [options.script, folder, options.factory, options.target, options.k];
  const out = execFileSync(options.python, argv, {
    encoding: 'utf8',
    maxBuffer: 1e8,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  for (const line of out.split('\n')) {
    if (!line.startsWith('{"how"')) continue;
    const row = JSON.parse(line);
    if (row.absent) console.log(`${row.how}: ${row.absent}`);
    else rows.push(row);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const head = ['', 'setting', `recall@${k}, fresh`, 'QPS', 'tuning, CPU s'];
const table = new Table({ head, style: { head: [], border: [] } });
for (const r of rows)
  table.push([r.how, r.setting, r.recall.toFixed(4), Math.round(r.qps), r.seconds.toFixed(1)]);
console.log(`${options.factory}, ${base.length / d} rows of d ${d}, target ${targetRecall}`);
console.log(table.toString());

async function measured(how, tuned, work) {
  const began = processorSeconds();
  await work();
  await judge(how, tuned, processorSeconds() - began, '');
}

async function judge(how, judged, seconds, name) {
  const recall = recallAtK(await judged.search(fresh, k), freshTruth, { k });
  const [each] = await race(judged, fresh, k, [{ ...judged.parameters }], 9);
  const setting =
    name +
    Object.entries(judged.parameters)
      .map(([key, value]) => `${key}=${value}`)
      .join(',');
  rows.push({ how, setting, recall, qps: 1 / each, seconds });
}
