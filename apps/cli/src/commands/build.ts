import { stat } from 'node:fs/promises';
import type { BackendRefusal, RowSource, VectorIndex } from '@lutra/core';
import { type Command, Option } from 'commander';
import { formatFactory, indexFactory, type Progress, sampleRows } from 'lutra';
import { writeIndexFile } from 'lutra/node';
import { wholeNumber } from '../arguments.js';
import { backendsOf } from '../backends.js';
import {
  addCommand,
  backendOption,
  type CommonOptions,
  printResult,
  progressView,
  threadsOption,
} from '../command.js';
import { finiteRows } from '../finite-rows.js';
import { formatBytes, formatCount, formatSeconds } from '../format.js';
import { assertKeepsIds, keptIds, readIds } from '../ids.js';
import type { Io } from '../io.js';
import { assertWritable } from '../paths.js';
import { Stopwatch } from '../stopwatch.js';
import { formatPairs } from '../table.js';
import { openVectors, type VectorSource } from '../vectors.js';

interface BuildOptions extends CommonOptions {
  readonly factory: string;
  readonly output: string;
  readonly metric: 'l2' | 'ip' | 'cosine';
  readonly trainRows?: number;
  readonly seed?: number;
  readonly threads?: number;
  readonly backend: string;
  readonly dropNonFinite?: boolean;
  readonly ids?: string;
}

/** What `build --json` prints. */
interface BuildReport {
  readonly factory: string;
  readonly metric: string;
  readonly d: number;
  readonly ntotal: number;
  readonly droppedRows: number;
  /** Rows given to training, which may look at fewer. */
  readonly trainRows: number;
  readonly seed: number | undefined;
  readonly backend: string;
  /** Those asked before it, and why they did not take it. */
  readonly refusals: readonly BackendRefusal[];
  readonly seconds: Readonly<Record<string, number>>;
  readonly output: string;
  readonly fileBytes: number;
  readonly peakRssBytes: number;
}

const EXAMPLES = `
The input is an .npy file of shape (n, d), or a folder of them, read in file-name order. It is
streamed: training takes a sample into memory, adding takes a block at a time.

Examples:
  $ lutra build vectors.npy -f IVF1024,PQ32x4fs,RFlat -o vectors.index
  $ lutra build features/ -f IVF256,Flat -o features.index --metric cosine
  $ lutra build vectors.npy -f Flat,IDMap --ids ids.npy -o vectors.index --json
`;

/** `lutra build`. */
export function registerBuild(program: Command, io: Io): void {
  addCommand(program, 'build', 'Train an index, fill it with vectors and write it to a file.')
    .argument('<in>', 'an .npy file of vectors, or a folder of them')
    .requiredOption('-f, --factory <string>', 'the faiss factory string: IVF1024,PQ32x4fs,RFlat')
    .requiredOption('-o, --output <file>', 'the index file to write')
    .addOption(
      new Option('--metric <metric>', 'how vectors compare').choices(['l2', 'ip', 'cosine']).default('l2'),
    )
    .option('--train-rows <n>', 'train on n rows drawn at random, not on all', wholeNumber(1))
    .option('--seed <n>', 'seed of every random choice (default: 1234)', wholeNumber(0, 2 ** 31 - 1))
    .addOption(threadsOption())
    .addOption(backendOption(io))
    .option('--drop-non-finite', 'leave out rows that hold NaN or infinities; they are refused otherwise')
    .option('--ids <ids.npy>', 'the id of each row, integers of shape (n)')
    .addHelpText('after', EXAMPLES)
    .action((input: string, options: BuildOptions) => build(input, options, io));
}

async function build(input: string, options: BuildOptions, io: Io): Promise<void> {
  const source = await openVectors(input);
  const [n, d] = source.rows.shape;
  const backends = await backendsOf(options.backend, io, { save: true });
  const index = await indexFactory(options.factory, { d, metric: options.metric, backends });
  const view = progressView(io, options);
  try {
    await assertWritable(options.output);
    if (options.ids !== undefined) assertKeepsIds(index.spec);
    const ids = options.ids === undefined ? undefined : await readIds(options.ids, n, input);
    const filled = await fill(index, source, ids, options, {
      onProgress: view.onProgress,
      signal: io.signal,
    });
    view.stop();
    const report: BuildReport = {
      factory: formatFactory(index.spec),
      metric: options.metric,
      d,
      ntotal: index.ntotal,
      ...filled,
      seed: options.seed,
      backend: index.backend,
      refusals: index.refusals,
      output: options.output,
      fileBytes: (await stat(options.output)).size,
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
    };
    printResult(io, options, report, () => summary(report));
  } finally {
    view.stop();
    index.dispose();
  }
}

/** Checks, trains, adds and writes. */
async function fill(
  index: VectorIndex,
  source: VectorSource,
  ids: Float64Array | undefined,
  options: BuildOptions,
  watched: Watched,
): Promise<Pick<BuildReport, 'droppedRows' | 'trainRows' | 'seconds'>> {
  const { threads, output } = options;
  const watch = new Stopwatch();
  const drop = options.dropNonFinite === true;
  const { rows, dropped } = await watch.time('check', () => finiteRows(source, drop, watched));
  const kept = ids && keptIds(ids, dropped);
  const trainRows = await watch.time('train', () => train(index, rows, options, watched));
  await watch.time('add', () => index.add(rows, { ids: kept, threads, ...watched }));
  await watch.time('write', () => writeIndexFile(output, index, watched));
  return { droppedRows: dropped.length, trainRows, seconds: watch.seconds };
}

interface Watched {
  readonly onProgress: (progress: Progress) => void;
  readonly signal: AbortSignal;
}

async function train(
  index: VectorIndex,
  rows: RowSource,
  options: BuildOptions,
  watched: Watched,
): Promise<number> {
  const { seed, threads, trainRows } = options;
  if (index.isTrained) return 0;
  const sample = trainRows === undefined ? rows : await sampleRows(rows, trainRows, { seed, ...watched });
  await index.train(sample, { seed, threads, ...watched });
  return Math.min(trainRows ?? rows.shape[0], rows.shape[0]);
}

function summary(r: BuildReport): string {
  const stages = Object.entries(r.seconds).map(([stage, s]) => [`${stage}`, formatSeconds(s)] as const);
  return formatPairs([
    ['factory', r.factory],
    ['metric', r.metric],
    ['d', r.d],
    [
      'ntotal',
      formatCount(r.ntotal) + (r.droppedRows ? ` (${formatCount(r.droppedRows)} rows left out)` : ''),
    ],
    ['train rows', formatCount(r.trainRows)],
    ['backend', r.backend],
    ...r.refusals.map(({ backend, reason }) => [`not ${backend}`, reason] as const),
    ...stages,
    ['peak memory', formatBytes(r.peakRssBytes)],
    ['written', `${r.output} (${formatBytes(r.fileBytes)})`],
  ]);
}
