// Is an index trained here as good as one trained by faiss? Builds each factory string with several seeds on both sides,
// on the same rows, and prints the mean recall of each setting, beside queries a second on one thread.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { exactSearch, recallAtK } from '@lutra/metrics';
import { readRows } from '@lutra/npy';
import { openNpyFile, openNpyFolder, readNpyFile, writeNpyFile } from '@lutra/npy/node';
import Table from 'cli-table3';
import { Command } from 'commander';
import { indexFactory, ts } from 'lutra';
import { clustered } from './datasets.mjs';

const options = new Command('quality')
  .option('--base <path>', 'an .npy file or a folder of them; data of its own unless told')
  .option('--queries <path>', 'an .npy file')
  .option('--groundtruth <path>', 'labels of the exact neighbours, .npy; computed unless told')
  .option('--factory <strings...>', 'factory strings', ['IVF918,Flat', 'IVF918,PQ128x4fs,RFlat'])
  .option('--seeds <list>', 'seeds, comma-separated', '1234,1,2')
  .option('--nprobe <list>', 'settings of nprobe', '1,4,16')
  .option('--k-factor <list>', 'settings of kFactor, where there is refinement', '1,4,10')
  .option('--python <path>', 'a Python with faiss-cpu', process.env.LUTRA_PYTHON ?? 'python3')
  .option('--json <path>', 'write the figures there')
  .parse()
  .opts();
const K = 10;
const ROUNDS = 5;
const numbers = (list) => list.split(',').map(Number);
const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const work = mkdtempSync(join(tmpdir(), 'lutra-quality-'));

async function load() {
  if (!options.base) return { ...clustered({ n: 50_000, nq: 1000, d: 128, seed: 7 }), d: 128 };
  const source = options.base.endsWith('.npy')
    ? await openNpyFile(options.base)
    : await openNpyFolder(options.base);
  const queries = await readRows(await openNpyFile(options.queries));
  return { base: await readRows(source), queries, d: source.shape[1] };
}

async function groundTruth(data) {
  if (!options.groundtruth) return exactSearch(data.base, data.queries, { d: data.d, k: K });
  const { data: ids, shape } = await readNpyFile(options.groundtruth);
  const [nq, columns] = shape;
  return { labels: Float64Array.from(ids, Number), nq, k: columns };
}

async function ours(factory, seed, data, truth, settings) {
  const index = await indexFactory(factory, { d: data.d });
  const start = performance.now();
  await index.train(data.base, { seed });
  const trained = performance.now();
  await index.add(data.base);
  const added = performance.now();
  const points = settings.map((setting) => {
    let found;
    const times = Array.from({ length: ROUNDS }, () => {
      const t = performance.now();
      found = index.searchSync(data.queries, K, setting);
      return (performance.now() - t) / 1000;
    });
    return { ...setting, recall: recallAtK(found, truth, { k: K }), qps: found.nq / median(times) };
  });
  index.dispose();
  return { train: (trained - start) / 1000, add: (added - trained) / 1000, points };
}

function theirs(factory, seed, paths, settings) {
  const job = { factory, seed, ...paths, k: K, settings, rounds: ROUNDS };
  writeFileSync(join(work, 'job.json'), JSON.stringify(job));
  const script = join(import.meta.dirname, 'faiss_side.py');
  return JSON.parse(execFileSync(options.python, [script, join(work, 'job.json')], { encoding: 'utf8' }));
}

async function writeForFaiss({ base, queries, d }, truth) {
  const path = (name) => join(work, `${name}.npy`);
  await writeNpyFile(path('base'), { shape: [base.length / d, d], data: base });
  await writeNpyFile(path('queries'), { shape: [queries.length / d, d], data: queries });
  await writeNpyFile(path('truth'), { shape: [truth.nq, truth.k], data: truth.labels, dtype: '<i8' });
  return { base: path('base'), queries: path('queries'), groundtruth: path('truth') };
}

async function main() {
  const data = await load();
  const truth = await groundTruth(data);
  const paths = await writeForFaiss(data, truth);
  const probe = await ts().probe();
  const machine = `${cpus()[0].model}, Node ${process.version}, kernels ${probe.details?.level}`;
  const shape = `${data.base.length / data.d} × ${data.d}, ${data.queries.length / data.d} queries`;
  console.log(`${shape}; seeds ${options.seeds}; ${machine}\n`);
  const head = [
    'factory string',
    'nprobe',
    'kFactor',
    'recall@10',
    'faiss',
    'difference',
    'queries/s',
    'faiss',
  ];
  const table = new Table({
    head,
    style: { head: [], border: [], compact: true },
    colAligns: ['left', ...Array(7).fill('right')],
  });
  const report = { shape, machine, seeds: numbers(options.seeds), rows: [] };
  for (const factory of options.factory) {
    const refined = /RFlat|Refine/.test(factory);
    const kFactors = refined ? numbers(options.kFactor) : [undefined];
    const settings = numbers(options.nprobe).flatMap((nprobe) =>
      kFactors.map((kFactor) => (kFactor ? { nprobe, kFactor } : { nprobe })),
    );
    const runs = [];
    for (const seed of numbers(options.seeds)) {
      const mine = await ours(factory, seed, data, truth, settings);
      runs.push({ seed, mine, faiss: theirs(factory, seed, paths, settings) });
    }
    for (const [i, setting] of settings.entries()) {
      const of = (side, field) => mean(runs.map((r) => r[side].points[i][field]));
      const row = { factory, ...setting, recall: of('mine', 'recall'), faissRecall: of('faiss', 'recall') };
      Object.assign(row, { qps: of('mine', 'qps'), faissQps: of('faiss', 'qps') });
      report.rows.push(row);
      table.push([
        factory,
        row.nprobe,
        row.kFactor ?? '',
        row.recall.toFixed(4),
        row.faissRecall.toFixed(4),
        (row.recall - row.faissRecall).toFixed(4),
        Math.round(row.qps),
        Math.round(row.faissQps),
      ]);
    }
    const seconds = (side, field) => median(runs.map((r) => r[side][field])).toFixed(1);
    const build = (side) => `train ${seconds(side, 'train')} s, add ${seconds(side, 'add')} s`;
    console.log(`${factory}: ${build('mine')}; faiss ${runs[0].faiss.version}: ${build('faiss')}`);
  }
  console.log(`\n${table.toString()}`);
  if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 1)}\n`);
}

try {
  await main();
} finally {
  rmSync(work, { recursive: true, force: true });
}
