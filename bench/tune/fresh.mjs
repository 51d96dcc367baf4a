// Does a tuned setting keep its promise on queries that tuning has not seen, and is it cheap? Rows are held out of the index;
// each seed deals half of them out to tune with and judges the choice on the other half. What it costs is held against the
// cheapest setting of a sweep over all values. By processor time. Recall is settled, so what a setting finds for a query is
// searched once and remembered for all seeds; only the searches between two looks at the clock, which are timed, always run.
import { writeFileSync } from 'node:fs';
import { exactByBackend, tune } from '@lutra/tune';
import Table from 'cli-table3';
import { Command } from 'commander';
import { indexFactory, ts } from 'lutra';
import { Remembered } from './remembered.mjs';
import { holdOut, loadRows, processorSeconds, quickest, random, shuffled } from './shared.mjs';

const options = new Command('fresh')
  .requiredOption('--base <path>', 'an .npy file or a folder of them')
  .option('--factory <strings...>', 'factory strings', ['IVF918,Flat', 'IVF918,PQ128x4fs,RFlat'])
  .option('--targets <list>', 'recalls to reach', '0.9,0.95')
  .option('--seeds <n>', 'runs of each', '20')
  .option('--held <n>', 'rows held out: half to tune with, half fresh', '12000')
  .option('--queries <n>', 'queries of one run at most', '20000')
  .option('--own', 'tune with rows of the index; all that is held out is fresh')
  .option('-k <n>', 'results a query', '10')
  .option('--json <path>', 'write the figures there')
  .parse()
  .opts();
const k = Number(options.k);
const K_FACTORS = [32, 24, 20, 16, 12, 10, 8, 6, 5, 4, 3, 2.5, 2, 1.5, 1];
const SWEPT = 6000;

const { base, queries, d } = holdOut(await loadRows(options.base), Number(options.held), 99);
const held = queries.length / d;
const exact = exactByBackend(ts());
const truth = await exact(base, queries, { d, k, metric: 'l2' });
console.log(`${base.length / d} rows of d ${d}, k ${k}, ${held} held out, truth known ${stamp()}`);

const figures = [];
for (const factory of options.factory) {
  const index = await indexFactory(factory, { d });
  await index.train(base, { seed: 1234 });
  await index.add(base);
  const known = new Remembered(index, queries, truth, k);
  console.log(`${factory} built ${stamp()}`);
  for (const target of options.targets.split(',').map(Number)) {
    const everyone = Array.from({ length: Math.min(SWEPT, held) }, (_, i) => i);
    const swept = await sweep(known, index, everyone, target);
    console.log(`sweep ${swept.map((s) => JSON.stringify(s)).join(' ')} ${stamp()}`);
    const runs = [];
    for (let seed = 1; seed <= Number(options.seeds); seed++) {
      const run = await runOf(index, known, target, seed);
      runs.push(run);
      const { setting, fresh, asked, took } = run;
      console.log(
        `${seed} ${JSON.stringify(setting)} ${fresh.toFixed(4)} of ${asked} ${took.toFixed(1)} s ${stamp()}`,
      );
    }
    const chosen = runs.map((r) => r.setting);
    const unique = [...new Set([...swept, ...chosen].map((s) => JSON.stringify(s)))].map(JSON.parse);
    const seconds = await quickest(index, queries.subarray(0, 512 * d), k, unique, chosen);
    const cost = (setting) => seconds.get(JSON.stringify(setting)) ?? Infinity;
    const best = swept.reduce((a, b) => (cost(b) < cost(a) ? b : a));
    for (const run of runs) {
      run.ratio = cost(run.setting) / cost(best);
      run.qps = 1 / cost(run.setting);
    }
    const kept = runs.filter((run) => run.reached && run.fresh >= target);
    const row = { factory, target, rows: base.length / d, kept: kept.length, best, runs };
    row.both = kept.filter((run) => run.ratio <= 1.15).length;
    figures.push(row);
    print([row]);
    if (options.json) writeFileSync(options.json, JSON.stringify(figures, null, 1));
  }
  index.dispose();
}
console.log();
print(figures);

async function runOf(index, known, target, seed) {
  const order = shuffled(held, random(seed));
  const half = options.own ? 0 : held >> 1;
  const [tuned, fresh] = [order.slice(0, half), order.slice(half)];
  const given = options.own ? { rows: base, exact, clock: processorSeconds } : known.dealt(tuned);
  const began = processorSeconds();
  const { reached, chosen, record } = await tune(options.own ? index : known, {
    ...{ ...given, targetRecall: target, k, seed, apply: false, curve: false },
    maxQueries: Number(options.queries),
  });
  const took = processorSeconds() - began;
  return {
    ...{ seed, reached, setting: chosen.parameters, asked: record.sample.queries, took },
    fresh: await known.recall(chosen.parameters, fresh),
  };
}

/**
 * For every kFactor the least nprobe that reaches the target on queries that are held out. Recall does not fall as nprobe and
 * kFactor rise, so what is not here is slower: a bisection finds what trying each value would.
 */
async function sweep(known, index, asked, target) {
  const { kFactor } = index.parameters;
  const nlist = index.spec.nlist ?? index.spec.base.nlist;
  const found = [];
  let least = 1;
  for (const factor of kFactor === undefined ? [undefined] : K_FACTORS) {
    const setting = (nprobe) => ({ nprobe, ...(factor !== undefined && { kFactor: factor }) });
    const reaches = async (nprobe) => (await known.recall(setting(nprobe), asked)) >= target;
    let [failed, passed] = [least - 1, least];
    while (passed < nlist && !(await reaches(passed)))
      [failed, passed] = [passed, Math.min(nlist, 2 * passed)];
    // where all lists find less than the target, smaller factors do too
    if (passed === nlist && !(await reaches(nlist))) break;
    while (passed - failed > 1) {
      const middle = (failed + passed) >> 1;
      if (await reaches(middle)) passed = middle;
      else failed = middle;
    }
    found.push(setting(passed));
    least = passed;
  }
  return found;
}

function stamp() {
  return `[${processorSeconds().toFixed(0)} s]`;
}

function print(rows) {
  const head = [
    'factory',
    'target',
    'kept',
    'kept, cost ≤ 1.15',
    'cost / best: median',
    'worst',
    'fresh recall',
    'chosen',
    'best of sweep',
    'QPS',
    'queries',
    'CPU s',
  ];
  const table = new Table({ head, style: { head: [], border: [] } });
  const of = (runs, value) => runs.map(value).sort((a, b) => a - b);
  for (const { factory, target, kept, both, best, runs } of rows) {
    const ratios = of(runs, (run) => run.ratio);
    const recalls = of(runs, (run) => run.fresh);
    const middle = [...runs].sort((a, b) => a.ratio - b.ratio)[runs.length >> 1];
    table.push([
      ...[factory, target, `${kept}/${runs.length}`, `${both}/${runs.length}`],
      ...[ratios[runs.length >> 1].toFixed(3), ratios.at(-1).toFixed(3)],
      `${recalls[0].toFixed(4)}-${recalls.at(-1).toFixed(4)}`,
      ...[JSON.stringify(middle.setting), JSON.stringify(best), Math.round(middle.qps)],
      ...[
        Math.max(...runs.map((run) => run.asked)),
        of(runs, (run) => run.took)[runs.length >> 1].toFixed(1),
      ],
    ]);
  }
  console.log(table.toString());
}
