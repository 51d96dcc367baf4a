// Is an index trained here as good as one trained by faiss? Builds every form of factory string of quality/forms.mjs on both
// sides from the same rows, searches with the same settings, and tables recall@10 against exact search, with the difference.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { dataset } from './harness/data.mjs';
import { faiss, lutra, start } from './harness/engines.mjs';
import { recallAtK } from './harness/libraries.mjs';
import { cache } from './harness/paths.mjs';
import { pythonWithFaiss } from './harness/peers.mjs';
import { asBytes } from './quality/bytes.mjs';
import { groups, isSlow, stringOf } from './quality/forms.mjs';
import { markdown } from './quality/table.mjs';

const K = 10;
const pairs = (value, all = {}) => {
  const [name, path] = value.split('=');
  return { ...all, [name]: path && resolve(path) };
};
const list = (value) => value.split(',');

const options = new Command('quality')
  .description('recall of indexes trained here beside those trained by faiss; goes on where it was stopped')
  .option(
    '--data <name[=folder]>',
    'a data set, and where it is; repeatable; speech and glove unless told',
    pairs,
  )
  .option('--rows <n>', 'rows of the base', Number, 50_000)
  .option('--queries <n>', 'queries', Number, 1000)
  .option('--metrics <names>', 'l2, ip', list, ['l2', 'ip'])
  .option('--only <pattern>', 'only forms that match this regular expression', '')
  .option(
    '--seeds <list>',
    'seeds, comma-separated; the mean of them is tabled',
    (v) => list(v).map(Number),
    [1234],
  )
  .option('--level <level>', 'kernel level; the highest unless told')
  .option(
    '--python <path>',
    'a Python with faiss-cpu and numpy; installed unless told',
    process.env.LUTRA_PYTHON,
  )
  .option('--resume <path>', 'figures so far, one line of JSON each', join(cache, 'quality.jsonl'))
  .option('--anew', 'measure again what the file of figures has')
  .option('--table', 'measure nothing: table what the file of figures has')
  .option('--out <path>', 'the table', join(cache, 'quality.md'))
  .parse()
  .opts();

const figures = new Map();
const keyOf = ({ set, rows, metric, form, seed }) => [set, rows, metric, form, seed].join(' ');

function resume() {
  mkdirSync(dirname(options.resume), { recursive: true });
  if (!existsSync(options.resume)) return;
  for (const line of readFileSync(options.resume, 'utf8').split('\n').filter(Boolean)) {
    const figure = JSON.parse(line);
    figures.set(keyOf(figure), figure);
  }
}

function keep(figure) {
  figures.set(keyOf(figure), figure);
  writeFileSync(options.resume, `${JSON.stringify(figure)}\n`, { flag: 'a' });
}

/** What is to be measured, set by set, so that rows are read once; what takes long last. */
function* jobs() {
  const pattern = new RegExp(options.only);
  for (const metric of options.metrics) {
    for (const set of Object.keys(options.data ?? { speech: undefined, glove: undefined })) {
      const all = groups.flatMap(({ title, forms }) => forms.map((one) => ({ title, ...one })));
      for (const one of all.toSorted((a, b) => isSlow(a.form) - isSlow(b.form))) {
        if (!pattern.test(one.form) || !(one.metrics ?? options.metrics).includes(metric)) continue;
        const rows = Math.min(options.rows, one.rows ?? Infinity);
        for (const seed of options.seeds) yield { set, metric, ...one, rows, seed };
      }
    }
  }
}

async function data({ set, rows, metric, bytes }) {
  const given = Object.fromEntries(Object.entries(options.data ?? {}).filter(([, path]) => path));
  const wanted = { given, rows, nq: options.queries, metric };
  if (!bytes) return dataset(set, wanted);
  const files = await asBytes(await dataset(set, wanted), bytes);
  return dataset(`${set}-${bytes}`, { ...wanted, given: { [`${set}-${bytes}`]: files } });
}

/** Builds and searches on one side: recall, and seconds of CPU time, as an indication. */
async function measure(engine, set, { factory, seed, setting }) {
  const { base, rows, metric, queries, nq } = set;
  const stages = await engine.call('build', { base, rows, factory, metric, seed });
  const search = { queries, nq, k: K, setting, mode: 'batch', batch: 1000, labels: true };
  const { labels, cpu } = await engine.call('search', search);
  await engine.call('release');
  const recall = recallAtK({ labels, nq, k: K }, set.truth, { k: K });
  return { recall, train: stages.train.cpu, add: stages.add.cpu, search: cpu };
}

/** Measures what there are no figures of. */
async function measureAll() {
  const python = await pythonWithFaiss(options.python);
  const sides = {};
  for (const job of jobs()) {
    if (figures.has(keyOf(job)) && !options.anew) continue;
    sides.lutra ??= await start(lutra({ level: options.level }));
    sides.faiss ??= await start(faiss({ python }));
    const set = await data(job);
    const factory = stringOf(job.form, set.d);
    const figure = { ...job, d: set.d, factory };
    for (const side of ['lutra', 'faiss']) {
      try {
        figure[side] = await measure(sides[side], set, figure);
      } catch (e) {
        console.error(`${factory}: ${e.message}`);
        figure[side] = { failed: e.message };
        await sides[side].close();
        sides[side] = await start(side === 'lutra' ? lutra({ level: options.level }) : faiss({ python }));
      }
    }
    figure.versions = { faiss: sides.faiss.about.version, level: sides.lutra.about.level };
    keep(figure);
    const difference = figure.lutra.recall - figure.faiss.recall;
    console.error(
      `${job.set} ${job.metric} ${factory} ${figure.lutra.recall?.toFixed(4)} ${difference.toFixed(4)} ` +
        `search ${figure.lutra.search?.toFixed(2)}/${figure.faiss.search?.toFixed(2)} s`,
    );
  }
  await Promise.all(Object.values(sides).map((side) => side.close()));
}

async function main() {
  resume();
  if (!options.table) await measureAll();
  const machine = `${cpus()[0].model}, Node ${process.version.slice(1)}`;
  const wanted = [...jobs()].map((job) => figures.get(keyOf(job)));
  writeFileSync(options.out, markdown(wanted, machine));
  console.error(`written: ${options.out}`);
}

await main();
