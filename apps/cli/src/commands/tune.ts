import { LutraError, type VectorIndex } from '@lutra/core';
import { settingText } from '@lutra/report/data';
import { exactByBackend, type TuneResult, tune } from '@lutra/tune';
import { tuneRecordPath, writeTuneRecord } from '@lutra/tune/node';
import { type Command, Option } from 'commander';
import { sampleRows } from 'lutra';
import { writeIndexFile } from 'lutra/node';
import { byteCount, decimal, wholeNumber } from '../arguments.js';
import { backendsOf } from '../backends.js';
import {
  addCommand,
  backendOption,
  type CommonOptions,
  printResult,
  progressView,
  threadsOption,
} from '../command.js';
import { formatBytes, formatCount, formatSeconds } from '../format.js';
import { readGroundTruth } from '../ground-truth.js';
import { readIds } from '../ids.js';
import { openIndex } from '../indexes.js';
import type { Io } from '../io.js';
import { assertFile, assertWritable, kindOfPath } from '../paths.js';
import { curveText } from '../report/curve-text.js';
import { latenciesOf } from '../report/latencies.js';
import { tuneReport } from '../report/tune-report.js';
import { writeReport } from '../report/write-report.js';
import { assertWithin, sketchesOption } from '../search-options.js';
import { formatPairs } from '../table.js';
import { openVectors, readQueries } from '../vectors.js';

interface Options extends CommonOptions {
  readonly base?: string;
  readonly queries?: string;
  readonly groundtruth?: string;
  readonly ids?: string;
  readonly k: number;
  readonly targetRecall?: number;
  readonly targetLatency?: number;
  readonly memory?: number;
  readonly confidence: number;
  readonly maxQueries: number;
  readonly seconds: number;
  readonly seed: number;
  readonly clock: 'wall' | 'cpu';
  readonly threads?: number;
  readonly sketches?: boolean;
  readonly dryRun?: boolean;
  readonly output?: string;
  readonly report?: string;
  readonly backend: string;
}

const EXAMPLES = `
Finds the cheapest nprobe, kFactor or efSearch that reach the recall, stores them in the index file
and writes what was measured to <index>.tune.json beside it. Without --queries some of the base
vectors are asked for their neighbours, themselves left out; a graph (HNSW) needs --queries, for its
own vectors find their neighbours too easily. A file whose index cannot reach the
target stays as it is; the exit code is then 2. What is found with --sketches is for searches with
them.

Columns:
  recall@k     the part of the k true neighbours that the search returns among its k
  at least     of queries like these, with the confidence
  QPS          queries a second: the median of rounds in which all settings take turns

Examples:
  $ lutra tune vectors.index --base vectors.npy --target-recall 0.95
  $ lutra tune vectors.index --queries q.npy --base vectors.npy --target-recall 0.9 --report t.html
  $ lutra tune vectors.index --queries q.npy --groundtruth truth.npy --target-latency 0.5 --dry-run
`;

/** `lutra tune`. */
export function registerTune(program: Command, io: Io): void {
  addCommand(program, 'tune', 'Set nprobe, kFactor or efSearch to what reaches a recall, by measurement.')
    .argument('<index>', 'an index file')
    .option('--target-recall <r>', 'the recall to reach, above 0 to 1', decimal(Number.MIN_VALUE, 1))
    .option('--target-latency <ms>', 'milliseconds that a call with one query may take', decimal(0, Infinity))
    .option('--memory <size>', 'what the index may take: 2GB, 500MiB', byteCount)
    .option('--base <in>', 'the vectors of the index: an .npy file or a folder of them')
    .option('--queries <file>', 'an .npy file of queries, shape (nq, d) (default: drawn from --base)')
    .option('--groundtruth <ids.npy>', 'the true neighbours of each query, nearest first')
    .option('--ids <ids.npy>', 'with --base, the id of each of its rows (default: 0, 1, 2, …)')
    .option('-k, --k <n>', 'results a query', wholeNumber(1), 10)
    .option('--confidence <c>', 'of the recall promised', decimal(0.5, 0.999999), 0.99)
    .option('--max-queries <n>', 'queries to measure with at most', wholeNumber(1), 20_000)
    .option('--seconds <s>', 'begin nothing new after so long', decimal(0, Infinity), 60)
    .option('--seed <n>', 'seed of the sample', wholeNumber(0, 2 ** 32 - 1), 1234)
    .addOption(
      new Option('--clock <which>', 'what a search costs: time, or processor time on a busy machine')
        .choices(['wall', 'cpu'])
        .default('wall'),
    )
    .addOption(sketchesOption())
    .addOption(threadsOption())
    .option('-o, --output <file>', 'write the tuned index there (default: in place)')
    .option('--dry-run', 'only measure, write no index and no record')
    .option('--report <file.html>', 'write a page with charts')
    .addOption(backendOption(io))
    .addHelpText('after', EXAMPLES)
    .action((path: string, options: Options) => tuneIndex(path, options, io));
}

async function tuneIndex(path: string, options: Options, io: Io): Promise<void> {
  await assertInputs(options);
  const output = options.output ?? path;
  const index = await openIndex(path, options.backend, io);
  const view = progressView(io, options);
  try {
    assertWithin(index, path, options.k, []);
    await assertWritable(options.report, ...(options.dryRun ? [] : [output, tuneRecordPath(output)]));
    const result = await measure(index, path, options, io, view.onProgress);
    const record = tuneRecordPath(output);
    if (!options.dryRun && result.reached) {
      await writeIndexFile(output, index, { signal: io.signal });
      await writeTuneRecord(record, result.record);
    }
    if (options.report !== undefined) {
      const asked = await someQueries(index, path, options);
      const { k, sketches } = options;
      const parameters = { ...index.parameters, ...(sketches && { sketches }) };
      const ms = await latenciesOf(index, asked, k, parameters, io.signal);
      await writeReport(options.report, tuneReport(path, index, result.record, ms));
    }
    view.stop();
    const written = options.dryRun || !result.reached ? [] : [output, record];
    const document = { ...result.record, written: [...written, ...(options.report ? [options.report] : [])] };
    printResult(io, options, document, () => text(result, document.written, io));
    if (!result.reached)
      throw new LutraError('ARGUMENT', `${path}: ${result.why}`, { argument: 'target', path });
  } finally {
    view.stop();
    index.dispose();
  }
}

async function assertInputs({ base, queries, groundtruth, ids }: Options): Promise<void> {
  const fault =
    base === undefined && (queries === undefined || groundtruth === undefined)
      ? 'expected --base, or --queries with --groundtruth'
      : groundtruth !== undefined && queries === undefined
        ? '--groundtruth names the neighbours of --queries, which is missing'
        : ids !== undefined && base === undefined
          ? '--ids names the rows of --base, which is missing'
          : undefined;
  if (fault !== undefined) throw new LutraError('ARGUMENT', fault, { argument: 'base' });
  if (groundtruth !== undefined) await assertFile(groundtruth, 'an .npy file of true neighbours');
  if (base !== undefined) await kindOfPath(base);
}

async function measure(
  index: VectorIndex,
  path: string,
  options: Options,
  io: Io,
  onProgress: NonNullable<Parameters<typeof tune>[1]['onProgress']>,
): Promise<TuneResult> {
  const rows = options.base === undefined ? undefined : (await openVectors(options.base)).rows;
  const [n, d] = rows?.shape ?? [index.ntotal, index.d];
  if (n !== index.ntotal || d !== index.d) {
    const [expected, actual] = [`(${index.ntotal}, ${index.d})`, `(${n}, ${d})`];
    const message = `${options.base}: expected the vectors of the index, shape ${expected}, got ${actual}`;
    throw new LutraError('SHAPE', message, { argument: 'base', expected, actual, path: options.base! });
  }
  const queries = options.queries === undefined ? undefined : await readQueries(options.queries, index, path);
  const ids = options.ids === undefined ? undefined : await readIds(options.ids, n, options.base!);
  const truth = options.groundtruth;
  const groundTruth = truth === undefined ? undefined : await readGroundTruth(truth, queries!.n, options.k);
  const flat = (await backendsOf(options.backend, io)).find(
    (b) => b.name === index.backend && b.supports.kinds.includes('Flat'),
  );
  const { k, targetRecall, confidence, maxQueries, seed, threads, sketches } = options;
  return tune(index, {
    ...{ k, confidence, maxQueries, seed, timeBudgetSeconds: options.seconds, onProgress, signal: io.signal },
    ...{ rows, queries: queries?.values, ids, groundTruth, targetRecall, threads, sketches },
    ...{ targetLatencyMs: options.targetLatency, memoryBytes: options.memory },
    ...(options.clock === 'cpu' && { clock: processorSeconds }),
    ...(flat && { exact: exactByBackend(flat) }),
  });
}

/** Of this process, all threads together. */
function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

const LATENCY_QUERIES = 500;

/** Queries for a latency: some of those given, or of the base. */
async function someQueries(index: VectorIndex, path: string, options: Options): Promise<Float32Array> {
  if (options.queries === undefined) {
    const { rows } = await openVectors(options.base!);
    return sampleRows(rows, LATENCY_QUERIES, { seed: 1 });
  }
  const { values } = await readQueries(options.queries, index, path);
  return values.subarray(0, LATENCY_QUERIES * index.d);
}

function text({ reached, why, record }: TuneResult, written: readonly string[], io: Io): string {
  const { index, sample, before, k, seconds } = record;
  const from = sample.drawnFrom === 'rows' ? "drawn from the index's own vectors" : 'as given';
  const head = formatPairs([
    ['factory', index.factory],
    ['vectors', `${formatCount(index.ntotal)} of d ${index.d}, ${formatBytes(index.bytes)}`],
    ['queries', `${formatCount(sample.queries)}, ${from}, seed ${sample.seed}`],
    [
      'until now',
      `${settingText(before.parameters)}: recall@${k} ${before.recall.toFixed(4)}, ${formatCount(Math.round(before.qps))} QPS`,
    ],
    [reached ? 'chosen' : 'not reached', why],
    ['took', formatSeconds(seconds)],
    ...written.map((path) => ['written', path] as const),
  ]);
  return `${head}\n${curveText(record, io)}`;
}
