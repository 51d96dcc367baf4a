// Does autoIndex find a string as good as the best of twelve picked by hand, and in less time than building those takes?
// All by processor time; every index is tuned to the same recall and asked the same fresh queries.
import { writeFileSync } from 'node:fs';
import { recallAtK } from '@lutra/metrics';
import { autoIndex, exactByBackend, tune } from '@lutra/tune';
import Table from 'cli-table3';
import { Command } from 'commander';
import { indexFactory, ts } from 'lutra';
import { holdOut, loadRows, median, processorSeconds } from './shared.mjs';

const options = new Command('auto')
  .requiredOption('--base <path>', 'an .npy file or a folder of them')
  .option('--target <r>', 'the recall', '0.95')
  .option('--held <n>', 'rows held out: half to tune with, half fresh', '6000')
  .option('--queries <n>', 'queries to tune with at most', '1000')
  .option('-k <n>', 'results a query', '10')
  .option('--json <path>', 'write the figures there')
  .parse()
  .opts();
const k = Number(options.k);
const targetRecall = Number(options.target);
const { base, queries, d } = holdOut(await loadRows(options.base), Number(options.held), 99);
const n = base.length / d;
const half = (Number(options.held) / 2) * d;
const [pool, fresh] = [queries.subarray(0, half), queries.subarray(half)];
const exact = exactByBackend(ts());
const [poolTruth, freshTruth] = await Promise.all(
  [pool, fresh].map((x) => exact(base, x, { d, k, metric: 'l2' })),
);
const lists = [4, 8, 16].map((factor) => Math.min(Math.round(factor * Math.sqrt(n)), Math.floor(n / 39)));
const codecs = ['Flat', `PQ${d / 2}x4fs,RFlat`, `PQ${d / 4}x4fs,RFlat`, `PQ${d / 2}x4fsr,RFlat`];
const picked = lists.flatMap((nlist) => codecs.map((codec) => `IVF${nlist},${codec}`));
console.log(`${n} rows of d ${d}, recall@${k} ${targetRecall}`);

const seconds = async (work) => {
  const began = processorSeconds();
  const result = await work();
  return [processorSeconds() - began, result];
};

const found = [];
const add = async (how, factory, index, build) => {
  const given = {
    queries: pool,
    groundTruth: poolTruth,
    k,
    targetRecall,
    clock: processorSeconds,
    curve: false,
  };
  const { reached, chosen } = await tune(index, given);
  const recall = recallAtK(await index.search(fresh, k), freshTruth, { k });
  found.push({ how, factory, index, build, reached, parameters: chosen.parameters, recall });
  console.log(
    `${how} ${factory} ${build.toFixed(1)} s, ${JSON.stringify(chosen.parameters)} ${recall.toFixed(4)}`,
  );
};

const [autoSeconds, auto] = await seconds(() =>
  autoIndex(base, {
    d,
    backends: [ts()],
    targetRecall,
    k,
    clock: processorSeconds,
    curve: false,
    maxQueries: 2000,
    // by the wall clock, which says what others do
    timeBudgetSeconds: 600,
  }),
);
console.log(`choice ${auto.seconds.choice.toFixed(1)} s, all ${auto.seconds.total.toFixed(1)} s`);
for (const line of auto.explanation) console.log(`  ${line}`);
await add('auto', auto.factory, auto.index, autoSeconds);
for (const factory of picked) {
  const index = await indexFactory(factory, { d });
  const [build] = await seconds(async () => {
    await index.train(base);
    await index.add(base);
  });
  await add('hand', factory, index, build);
}

const times = found.map(() => []);
for (let round = 0; round < 15; round++) {
  for (let i = 0; i < found.length; i++) {
    const at = (i + round) % found.length;
    const x = fresh.subarray(0, 500 * d);
    const [took] = await seconds(() => found[at].index.search(x, k));
    times[at].push(took / 500);
  }
}
const rows = found.map(({ index, ...row }, i) => {
  index.dispose();
  return { ...row, qps: 1 / median(times[i]) };
});
const [own, ...hand] = rows;
const best = hand.filter((row) => row.reached).reduce((a, b) => (b.qps > a.qps ? b : a));
const all = hand.reduce((sum, row) => sum + row.build, 0);
const head = ['', 'factory', 'parameters', 'fresh recall', 'QPS', 'build CPU s'];
const table = new Table({ head, style: { head: [], border: [] } });
for (const r of rows) {
  const cells = [r.how, r.factory, JSON.stringify(r.parameters), r.recall.toFixed(4), Math.round(r.qps)];
  table.push([...cells, r.build.toFixed(1)]);
}
console.log(table.toString());
console.log(
  `QPS of auto / best of ${hand.length}: ${(own.qps / best.qps).toFixed(3)} (best: ${best.factory})`,
);
console.log(
  `time of auto / building ${hand.length}: ${(own.build / all).toFixed(3)} (${own.build.toFixed(1)} / ${all.toFixed(1)} s)`,
);
console.log(`time of the choice alone: ${(auto.seconds.choice / all).toFixed(3)}`);
if (options.json) writeFileSync(options.json, JSON.stringify({ n, d, k, targetRecall, rows, all }, null, 1));
