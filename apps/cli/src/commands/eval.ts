import type { StoredParameters, VectorIndex } from '@lutra/core';
import { LutraError } from '@lutra/core';
import type { Command } from 'commander';
import { decimal, list, wholeNumber } from '../arguments.js';
import {
  addCommand,
  backendOption,
  type CommonOptions,
  printResult,
  progressView,
  threadsOption,
} from '../command.js';
import { evaluate, type Measured } from '../evaluation.js';
import { formatCount } from '../format.js';
import { type GroundTruth, groundTruthOf, readGroundTruth } from '../ground-truth.js';
import { openIndex } from '../indexes.js';
import type { Io } from '../io.js';
import { assertFile, assertWritable, kindOfPath } from '../paths.js';
import { evalReport } from '../report/eval-report.js';
import { latenciesOf } from '../report/latencies.js';
import { recallChart } from '../report/text-chart.js';
import { writeReport } from '../report/write-report.js';
import { assertWithin, sketchesOption } from '../search-options.js';
import { formatTable } from '../table.js';
import { type Matrix, readQueries } from '../vectors.js';

interface Options extends CommonOptions {
  readonly base?: string;
  readonly groundtruth?: string;
  readonly ids?: string;
  readonly k: number;
  readonly nprobe?: readonly number[];
  readonly kFactor?: readonly number[];
  readonly efSearch?: readonly number[];
  readonly sketches?: boolean;
  readonly threads?: number;
  readonly report?: string;
  readonly backend: string;
}

const EXAMPLES = `
Columns:
  recall@k     the part of the k true neighbours that the search returns among its k
  1-recall@1   the part of the queries whose nearest neighbour comes first
  QPS          queries a second when all are given in one call; the best of the calls that fit
               into half a second
  p50 p90 p99  milliseconds of a call with one query, over up to 1000 of the queries

--base holds the vectors that the index was built from, in the same order; the true neighbours are
found by looking at all of them. --groundtruth holds them already, (nq, at least k) integers.
Lists of parameters are tried in all combinations. --sketches, for an index that refines what is in
lists, finds more of the neighbours among as many candidates, and other labels than faiss's.

Examples:
  $ lutra eval vectors.index queries.npy --base vectors.npy -k 10 --nprobe 1,4,16,64
  $ lutra eval vectors.index queries.npy --groundtruth truth.npy --nprobe 8,16 --report r.html
`;

/** `lutra eval`. */
export function registerEval(program: Command, io: Io): void {
  const number = { whole: list(wholeNumber(1)), decimal: list(decimal(1, 1000)) };
  addCommand(program, 'eval', 'Measure recall, throughput and latency, one row for each setting.')
    .argument('<index>', 'an index file')
    .argument('<queries>', 'an .npy file of queries, shape (nq, d)')
    .option('--base <in>', 'the vectors of the index: an .npy file or a folder of them')
    .option('--groundtruth <ids.npy>', 'the true neighbours of each query, nearest first')
    .option('--ids <ids.npy>', 'with --base, the id of each of its rows (default: 0, 1, 2, …)')
    .option('-k, --k <n>', 'results a query', wholeNumber(1), 10)
    .option('--nprobe <list>', 'inverted lists to visit: 1,2,4', number.whole)
    .option('--k-factor <list>', 'refine the best k · f candidates: 1,4', number.decimal)
    .option('--ef-search <list>', 'candidates an HNSW search keeps: 16,64', number.whole)
    .addOption(sketchesOption())
    .addOption(threadsOption())
    .option('--report <file.html>', 'write a page with charts')
    .addOption(backendOption(io))
    .addHelpText('after', EXAMPLES)
    .action((path: string, queries: string, options: Options) => evalIndex(path, queries, options, io));
}

async function evalIndex(path: string, queriesPath: string, options: Options, io: Io): Promise<void> {
  await assertTruthSource(options);
  await assertWritable(options.report);
  const index = await openIndex(path, options.backend, io);
  const view = progressView(io, options);
  try {
    assertWithin(index, path, options.k, options.nprobe ?? []);
    const queries = await readQueries(queriesPath, index, path);
    const truth = await truthOf(index, queries, options, io, view.onProgress);
    const settings = combinations(options);
    const rows: Measured[] = [];
    for (const parameters of settings) {
      view.onProgress({ stage: 'measure', done: rows.length, total: settings.length });
      const { k, threads, sketches } = options;
      const context = { index, queries, truth, k, threads, sketches, signal: io.signal };
      rows.push(await evaluate(parameters, context));
    }
    if (options.report !== undefined) await report(options.report, path, index, queries, rows, options, io);
    view.stop();
    const { d, ntotal, metric, backend, refusals } = index;
    const { sketches = false } = options;
    const of = { index: path, d, ntotal, metric, backend, refusals, sketches };
    const document = { ...of, nq: queries.n, k: options.k, settings: rows };
    printResult(io, options, document, () => text(rows, options, io));
  } finally {
    view.stop();
    index.dispose();
  }
}

async function assertTruthSource(options: Options): Promise<void> {
  const { base, groundtruth, ids } = options;
  if ((base === undefined) === (groundtruth === undefined)) {
    const found = base === undefined ? 'neither' : 'both';
    throw new LutraError('ARGUMENT', `expected one of --base and --groundtruth, got ${found}`, {
      argument: 'base',
    });
  }
  if (ids !== undefined && base === undefined) {
    throw new LutraError('ARGUMENT', '--ids names the rows of --base, which is missing', { argument: 'ids' });
  }
  if (groundtruth !== undefined) await assertFile(groundtruth, 'an .npy file of true neighbours');
  if (base !== undefined) await kindOfPath(base);
}

async function truthOf(
  index: VectorIndex,
  queries: Matrix,
  options: Options,
  io: Io,
  onProgress: (p: { stage: string; done: number; total: number | undefined }) => void,
): Promise<GroundTruth> {
  const { k, base, ids, groundtruth } = options;
  if (groundtruth !== undefined) return readGroundTruth(groundtruth, queries.n, k);
  return groundTruthOf(index, queries, k, { base: base!, ids, onProgress, signal: io.signal });
}

/** Every combination of the lists given; one without parameters if there is none. */
function combinations(options: Options): StoredParameters[] {
  let settings: StoredParameters[] = [{}];
  for (const name of ['nprobe', 'kFactor', 'efSearch'] as const) {
    const values = options[name];
    if (values === undefined) continue;
    settings = settings.flatMap((s) => values.map((value) => ({ ...s, [name]: value })));
  }
  return settings;
}

/** Writes the page; the latencies are those of the setting that finds most. */
async function report(
  page: string,
  path: string,
  index: VectorIndex,
  queries: Matrix,
  rows: readonly Measured[],
  { k, sketches }: Options,
  io: Io,
): Promise<void> {
  const most = rows.reduce((a, b) => (b.recall > a.recall ? b : a));
  const parameters = { ...most.parameters, ...(sketches && { sketches }) };
  const ms = await latenciesOf(index, queries.values, k, parameters, io.signal);
  await writeReport(page, evalReport(path, index, { k, queries: queries.n, rows, most, ms }));
}

function text(rows: readonly Measured[], { k }: Options, io: Io): string {
  const chart = recallChart(rows, { k, columns: Math.min(100, io.stdout.columns ?? 80) });
  return table(rows, k) + (chart === '' ? '' : `\n${chart}`);
}

function table(rows: readonly Measured[], k: number): string {
  const names = (['nprobe', 'kFactor', 'efSearch'] as const).filter(
    (n) => rows[0]!.parameters[n] !== undefined,
  );
  const head = [...names, `recall@${k}`, '1-recall@1', 'QPS', 'p50 ms', 'p90 ms', 'p99 ms'];
  const body = rows.map((r) => [
    ...names.map((n) => r.parameters[n]!),
    r.recall.toFixed(4),
    r.oneRecallAt1.toFixed(4),
    formatCount(Math.round(r.qps)),
    ...[r.latencyMs.p50, r.latencyMs.p90, r.latencyMs.p99].map((ms) => ms.toFixed(3)),
  ]);
  return formatTable(head, body);
}
