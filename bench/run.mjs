// Every measurement of the project: node bench/run.mjs --help
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { fetchNode } from '../tooling/test/other-node.mjs';
import { calibrate } from './harness/calibration.mjs';
import { dataset, MissingData } from './harness/data.mjs';
import { cache, root } from './harness/paths.mjs';
import { pythonWithFaiss } from './harness/peers.mjs';
import { caseMarkdown, markdown } from './harness/report.mjs';

const SUITES = ['faiss', 'peers', 'backends'];
const pairs = (value, all = {}) => {
  const [name, path] = value.split('=');
  return path ? { ...all, [name]: resolve(path) } : { ...all, only: [...(all.only ?? []), name] };
};
const list = (value, all = []) => [...all, ...value.split(',')];

const options = new Command('run')
  .description('measures Lutra beside other engines; writes a Markdown table and JSON')
  .option('--suite <names>', `of ${SUITES.join(', ')}; all unless told`, list)
  .option('--case <pattern>', 'only cases whose id matches this regular expression')
  .option('--data <name[=folder]>', 'where a data set is, or the only set to use; repeatable', pairs, {})
  .option('--base <path>', 'own data for every case: an .npy file or a folder of them')
  .option('--queries <path>', 'their queries, .npy')
  .option('--groundtruth <path>', 'labels of the exact neighbours, .npy; computed unless told')
  .option('--rows <n>', 'rows of the base to use; 300,000 of speech unless told', Number)
  .option('--lutra <checkouts>', 'checkouts to measure, this one unless told', list)
  .option('--engines <names>', 'peers to measure, and lutra, faiss; all unless told', list)
  .option('--level <level>', 'kernel level of Lutra; the highest unless told')
  .option('--node <version or path>', 'the Node that runs the engines; this one unless told')
  .option(
    '--python <path>',
    'a Python with faiss-cpu and numpy; installed unless told',
    process.env.LUTRA_PYTHON,
  )
  .option('--rounds <n>', 'rounds of each measurement', Number)
  .option('--tolerance <x>', 'repeat a round when the calibration loop took this part longer', Number, 0.1)
  .option('--quick', 'small data and few rounds: a trial')
  .option('--out <path>', 'name of the report without .md and .json', join(cache, 'report'))
  .option('--list', 'print the cases')
  .parse()
  .opts();

const sizes = options.quick ? { rows: 50_000, nq: 300 } : {};
const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();

/** What all cases share. */
async function settle() {
  const { quick = false, tolerance, level, python } = options;
  const { only, ...folders } = options.data;
  const { base, queries, groundtruth } = options;
  const given = { ...folders, ...(base && { all: { base, queries, groundtruth } }) };
  return {
    quick,
    tolerance,
    level,
    python: await pythonWithFaiss(python),
    engines: (name) => !options.engines || options.engines.includes(name),
    rounds: options.rounds ?? (quick ? 3 : 7),
    buildRounds: quick ? 1 : 2,
    checkouts: (options.lutra ?? [root]).map((path) => resolve(path)),
    node: /^\d+\.\d+\.\d+$/.test(options.node ?? '') ? await fetchNode(options.node) : options.node,
    data(name, wanted = {}) {
      if (only && !only.includes(name)) throw new MissingData(`--data leaves ${name} out`);
      const rows = options.rows ?? (name === 'speech' ? 300_000 : undefined);
      const whole = { rows, ...sizes };
      return dataset(name, {
        given,
        ...whole,
        ...(name === 'own' ? wanted : { following: wanted.following }),
      });
    },
  };
}

async function main() {
  const suites = await Promise.all(
    (options.suite ?? SUITES).map(async (name) => {
      if (!SUITES.includes(name)) throw new Error(`no suite ${name}; there are: ${SUITES.join(', ')}`);
      return { name, ...(await import(`./suites/${name}.mjs`)) };
    }),
  );
  const wanted = new RegExp(options.case ?? '');
  const chosen = suites.flatMap(({ name, cases }) =>
    cases.filter(({ id }) => wanted.test(id)).map((one) => ({ suite: name, ...one })),
  );
  if (options.list) {
    for (const { suite, id, title } of chosen) console.log(`${suite}  ${id}  ${title}`);
    return;
  }
  const run = await settle();
  const report = {
    date: new Date().toISOString(),
    commit: git('describe', '--always', '--dirty', '--exclude=*'),
    machine: `${cpus()[0].model}, ${cpus().length} cores`,
    rounds: run.rounds,
    tolerance: run.tolerance,
    calibration: calibrate(),
    cases: [],
  };
  mkdirSync(dirname(options.out), { recursive: true });
  for (const { suite, id, title, run: perform } of chosen) {
    report.cases.push({ suite, id, title, ...(await attempt(() => perform(run))) });
    console.log(caseMarkdown(report.cases.at(-1)));
    writeFileSync(`${options.out}.json`, `${JSON.stringify(report, withoutTruth, 1)}\n`);
    writeFileSync(`${options.out}.md`, markdown(report));
  }
  console.error(`written: ${options.out}.md and .json`);
  if (report.cases.some((c) => c.failed)) process.exitCode = 1;
}

const withoutTruth = (key, value) => (key === 'truth' ? undefined : value);

/** Data that is not there leaves a case out, and anything else that fails is a failure; both stand in the report. */
async function attempt(work) {
  try {
    return await work();
  } catch (e) {
    if (!(e instanceof MissingData)) console.error(e);
    return { skipped: e.message, failed: !(e instanceof MissingData), rows: [] };
  }
}

await main();
