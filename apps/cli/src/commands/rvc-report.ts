import type { VectorIndex } from '@lutra/core';
import { settingText } from '@lutra/report/data';
import type { RvcVersion } from '@lutra/rvc';
import { type RvcReport, reportRvcIndex } from '@lutra/rvc/node';
import type { MeasuredSetting } from '@lutra/tune';
import { type Command, Option } from 'commander';
import { decimal, wholeNumber } from '../arguments.js';
import { backendsOf } from '../backends.js';
import { addCommand, backendOption, type CommonOptions, printResult, progressView } from '../command.js';
import { formatCount } from '../format.js';
import type { Io } from '../io.js';
import { assertWritable } from '../paths.js';
import { curveText } from '../report/curve-text.js';
import { latenciesOf } from '../report/latencies.js';
import { tuneReport } from '../report/tune-report.js';
import { writeReport } from '../report/write-report.js';
import { formatPairs } from '../table.js';

interface Options extends CommonOptions {
  readonly index?: string;
  readonly version?: RvcVersion;
  readonly targetRecall: number;
  readonly seconds: number;
  readonly seed: number;
  readonly dropNonFinite?: boolean;
  readonly report?: string;
  readonly backend: string;
}

const EXAMPLES = `
Asks the added_….index of an experiment for the 8 neighbours of frames, as RVC does, and counts how
many of the true ones it finds: at the nprobe that it stores, at 1, and at what it would take. The
frames are those of files held out of the search: a frame's own file holds others nearly the same,
which any index finds. Changes nothing.

Examples:
  $ lutra rvc report logs/my-voice
  $ lutra rvc report logs/my-voice --target-recall 0.99 --report voice.html
`;

/** `lutra rvc report`. */
export function registerRvcReport(rvc: Command, io: Io): void {
  addCommand(rvc, 'report', 'Measure what the index of an experiment finds, and what it would take.')
    .argument('<experiment>', "RVC's folder logs/<name>")
    .option('--index <file>', "the index (default: the experiment's added_….index)")
    .addOption(
      new Option('--version <version>', 'the features (default: of the folder that is there)').choices([
        'v1',
        'v2',
      ]),
    )
    .option('--target-recall <r>', 'the recall to reach', decimal(Number.MIN_VALUE, 1), 0.95)
    .option('--seconds <s>', 'begin nothing new after so long', decimal(0, Number.POSITIVE_INFINITY), 60)
    .option('--seed <n>', 'seed of the files held out', wholeNumber(0, 2 ** 31 - 1), 1234)
    .option('--drop-non-finite', 'leave out rows that hold NaN or infinities; they are refused otherwise')
    .option('--report <file.html>', 'write a page with charts')
    .addOption(backendOption(io))
    .addHelpText('after', EXAMPLES)
    .action((experiment: string, options: Options) => report(experiment, options, io));
}

async function report(experiment: string, options: Options, io: Io): Promise<void> {
  await assertWritable(options.report);
  const { index: path, version, targetRecall, seconds, seed } = options;
  const backends = await backendsOf(options.backend, io);
  const view = progressView(io, options);
  const page = options.report;
  try {
    const measured = await reportRvcIndex(experiment, {
      ...{ targetRecall, seed, backends, timeBudgetSeconds: seconds },
      ...(page !== undefined && {
        inspect: (opened: VectorIndex, found: RvcReport) => writePage(page, opened, found, io),
      }),
      ...(path !== undefined && { index: path }),
      ...(version !== undefined && { version }),
      nonFinite: options.dropNonFinite ? 'drop' : 'refuse',
      onProgress: view.onProgress,
      signal: io.signal,
    });
    view.stop();
    const { record, heldOutFiles, ofFiles } = measured;
    const document = { path: measured.path, heldOutFiles, ofFiles, ...record };
    printResult(io, options, document, () => text(measured, options, io));
  } finally {
    view.stop();
  }
}

const LATENCY_QUERIES = 300;

async function writePage(
  page: string,
  index: VectorIndex,
  { path, record }: RvcReport,
  io: Io,
): Promise<void> {
  const count = Math.min(LATENCY_QUERIES, index.ntotal);
  const step = Math.floor(index.ntotal / count);
  const queries = await index.reconstruct(Array.from({ length: count }, (_, i) => i * step));
  const ms = await latenciesOf(index, queries, Math.min(8, index.ntotal), index.parameters, io.signal);
  await writeReport(page, tuneReport(path, index, record, ms));
}

function text(measured: RvcReport, { targetRecall, report: page }: Options, io: Io): string {
  const { record, path, heldOutFiles, ofFiles, reached, why } = measured;
  const { before, curve, index, sample } = record;
  const one = curve.find((p) => p.parameters.nprobe === 1);
  const head = formatPairs([
    ['index', path],
    ['factory', `${index.factory}, ${formatCount(index.ntotal)} frames of d ${index.d}`],
    [
      'queries',
      `${formatCount(sample.queries)} frames of ${heldOutFiles} of ${ofFiles} files, held out of the search`,
    ],
    ['as stored', finds(before)],
    ...(one && before.parameters.nprobe !== 1 ? [['at nprobe 1', finds(one)] as const] : []),
    [reached ? `for ${targetRecall}` : 'not reached', why],
    ...(page === undefined ? [] : [['written', page] as const]),
  ]);
  return `${head}\n${curveText(record, io)}`;
}

function finds({ parameters, recall, qps }: MeasuredSetting): string {
  const share = `finds ${(100 * recall).toFixed(1)} % of the 8 nearest frames`;
  return `${settingText(parameters)}: ${share}, ${formatCount(Math.round(qps))} frames a second`;
}
