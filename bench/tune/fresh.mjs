// Does a tuned setting keep its promise on queries that tuning has not seen, and is it cheap? Tunes an index with many
// seeds, measures each choice on fresh queries, and holds its cost against the best of an exhaustive sweep on those.
import { writeFileSync } from 'node:fs';
import { recallAtK } from '@lutra/metrics';
import { exactByBackend, tune } from '@lutra/tune';
import Table from 'cli-table3';
import { Command } from 'commander';
import { indexFactory, ts } from 'lutra';
import { holdOut, loadRows, processorSeconds, race } from './shared.mjs';

const options = new Command('fresh')
  .requiredOption('--base <path>', 'an .npy file or a folder of them')
  .option('--factory <strings...>', 'factory strings', ['IVF918,Flat', 'IVF918,PQ128x4fs,RFlat'])
  .option('--targets <list>', 'recalls to reach', '0.9,0.95')
  .option('--seeds <n>', 'runs of each', '20')
  .option('--held <n>', 'rows held out: half to tune with, half fresh', '12000')
  .option('--queries <n>', 'queries of one run', '4000')
  .option('--own', 'tune with rows of the index, not with held-out ones')
  .option('-k <n>', 'results a query', '10')
  .option('--json <path>', 'write the figures there')
  .parse()
  .opts();
const k = Number(options.k);
const K_FACTORS = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 32, 48];

const all = await loadRows(options.base);
const { base, queries, d } = holdOut(all, Number(options.held), 99);
const half = (Number(options.held) / 2) * d;
const [pool, fresh] = [queries.subarray(0, half), queries.subarray(half)];
const exact = exactByBackend(ts());
const truthOf = (x) => exact(base, x, { d, k, metric: 'l2' });
const [poolTruth, freshTruth] = [await truthOf(pool), await truthOf(fresh)];
console.log(`${base.length / d} rows of d ${d}, k ${k}`);

const figures = [];
for (const factory of options.factory) {
  const index = await indexFactory(factory, { d });
  await index.train(base, { seed: 1234 });
  await index.add(base);
  const known = new Map();
  const recallOf = async (setting) => {
    const key = JSON.stringify(setting);
    if (!known.has(key)) known.set(key, recallAtK(await index.search(fresh, k, setting), freshTruth, { k }));
    return known.get(key);
  };
  for (const target of options.targets.split(',').map(Number)) {
    const runs = [];
    for (let seed = 1; seed <= Number(options.seeds); seed++) {
      const given = options.own ? { rows: base, exact } : { queries: pool, groundTruth: poolTruth };
      const began = processorSeconds();
      const { reached, chosen } = await tune(index, {
        ...{ ...given, targetRecall: target, k, seed, clock: processorSeconds, apply: false, curve: false },
        maxQueries: Number(options.queries),
      });
      const took = processorSeconds() - began;
      runs.push({
        seed,
        reached,
        setting: chosen.parameters,
        fresh: await recallOf(chosen.parameters),
        took,
      });
    }
    const swept = await sweep(index, recallOf, target);
    const settings = [
      ...new Set([...swept, ...runs.map((r) => r.setting)].map((s) => JSON.stringify(s))),
    ].map(JSON.parse);
    const sample = fresh.subarray(0, Math.min(fresh.length, 1000 * d));
    const seconds = await race(index, sample, k, settings);
    const cost = (setting) => seconds[settings.findIndex((s) => sameSetting(s, setting))];
    const best = swept.reduce((a, b) => (cost(b) < cost(a) ? b : a));
    const ratios = runs.map((run) => cost(run.setting) / cost(best));
    const row = {
      ...{ factory, target, best, bestRecall: await recallOf(best), bestQps: 1 / cost(best) },
      kept: runs.filter((run) => run.reached && run.fresh >= target).length,
      runs: runs.map((run, i) => ({ ...run, ratio: ratios[i] })),
      worstRatio: Math.max(...ratios),
      medianRatio: ratios.toSorted((a, b) => a - b)[ratios.length >> 1],
    };
    figures.push(row);
    print([row]);
  }
  index.dispose();
}
console.log();
print(figures);
if (options.json) writeFileSync(options.json, JSON.stringify(figures, null, 1));

/** For every kFactor the least nprobe that reaches the target on the fresh queries: what is not here is slower. */
async function sweep(index, recallOf, target) {
  const { kFactor } = index.parameters;
  const found = [];
  for (const factor of kFactor === undefined ? [undefined] : K_FACTORS) {
    const setting = (nprobe) => ({ nprobe, ...(factor !== undefined && { kFactor: factor }) });
    for (let nprobe = 1; nprobe <= 128; nprobe += nprobe < 32 ? 1 : 2) {
      if ((await recallOf(setting(nprobe))) < target) continue;
      found.push(setting(nprobe));
      break;
    }
  }
  return found;
}

function sameSetting(a, b) {
  return a.nprobe === b.nprobe && a.kFactor === b.kFactor;
}

function print(rows) {
  const head = [
    'factory',
    'target',
    'kept',
    'cost / best',
    'worst',
    'fresh recall',
    'best of sweep',
    'QPS',
    'CPU s',
  ];
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const r of rows) {
    const recalls = r.runs.map((run) => run.fresh);
    const took = r.runs.reduce((sum, run) => sum + run.took, 0) / r.runs.length;
    table.push([
      ...[
        r.factory,
        r.target,
        `${r.kept}/${r.runs.length}`,
        r.medianRatio.toFixed(3),
        r.worstRatio.toFixed(3),
      ],
      `${Math.min(...recalls).toFixed(4)}-${Math.max(...recalls).toFixed(4)}`,
      ...[`${JSON.stringify(r.best)} ${r.bestRecall.toFixed(4)}`, Math.round(r.bestQps), took.toFixed(1)],
    ]);
  }
  console.log(table.toString());
}
