import { LutraError } from '@lutra/core';
import type { RvcRules, RvcVersion } from '@lutra/rvc';
import { type RvcTrainReport, trainRvcIndex } from '@lutra/rvc/node';
import { type Command, Option } from 'commander';
import { decimal, wholeNumber } from '../arguments.js';
import { backendsOf } from '../backends.js';
import { addCommand, backendOption, type CommonOptions, printResult, progressView } from '../command.js';
import { formatCount, formatSeconds } from '../format.js';
import type { Io } from '../io.js';
import { kindOfPath } from '../paths.js';
import { formatPairs } from '../table.js';

interface Options extends CommonOptions {
  readonly version?: RvcVersion;
  readonly factory?: readonly string[];
  readonly rules: RvcRules;
  readonly nprobe?: number;
  readonly targetRecall?: number;
  readonly seed: number;
  readonly shuffle: boolean;
  readonly reduce: boolean;
  readonly dropNonFinite?: boolean;
  readonly name?: string;
  readonly output?: string;
  readonly backend: string;
}

const EXAMPLES = `
Reads 3_feature256 (v1) or 3_feature768 (v2) of the experiment's folder and writes total_fea.npy,
trained_….index and added_….index beside them, under the names that RVC gives them. {n} in a
factory string stands for the number of lists that RVC computes.

Examples:
  $ lutra rvc train logs/my-voice
  $ lutra rvc train logs/my-voice --version v2 --nprobe 8
  $ lutra rvc train logs/my-voice --target-recall 0.95
  $ lutra rvc train logs/my-voice --factory 'IVF{n},Flat' --factory 'IVF{n},PQ128x4fs,RFlat'
`;

/** `lutra rvc train`. */
export function registerRvcTrain(rvc: Command, io: Io): void {
  addCommand(rvc, 'train', "Build the added_….index of an experiment's features.")
    .argument('<experiment>', "RVC's folder logs/<name>")
    .addOption(
      new Option('--version <version>', 'the features (default: of the folder that is there)').choices([
        'v1',
        'v2',
      ]),
    )
    .option('-f, --factory <string...>', 'the index to build; several build several (default: IVF{n},Flat)')
    .addOption(
      new Option('--rules <release>', 'whose habits to follow: 2.3 writes no total_fea.npy')
        .choices(['2.2', '2.3'])
        .default('2.2'),
    )
    .option(
      '--nprobe <n>',
      'inverted lists to visit, stored in the file (default: 1, where there are lists)',
      wholeNumber(1),
    )
    .option(
      '--target-recall <r>',
      'measure and store the nprobe that reaches this recall for speech outside of the index',
      decimal(Number.MIN_VALUE, 1),
    )
    .option('--seed <n>', 'seed of every random choice', wholeNumber(0, 2 ** 31 - 1), 1234)
    .option('--no-shuffle', 'keep the rows in file order')
    .option('--no-reduce', 'keep all rows of a set over 200,000, not 10,000 centres of them')
    .option('--drop-non-finite', 'leave out rows that hold NaN or infinities; they are refused otherwise')
    .option('--name <name>', "the experiment's name in file names (default: that of its folder)")
    .option('-o, --output <folder>', "where to write (default: the experiment's folder)")
    .addOption(backendOption(io))
    .addHelpText('after', EXAMPLES)
    .action((experiment: string, options: Options) => train(experiment, options, io));
}

async function train(experiment: string, options: Options, io: Io): Promise<void> {
  if ((await kindOfPath(experiment)) === 'file') {
    throw new LutraError('ARGUMENT', `${experiment}: is a file, wanted an experiment's folder`, {
      argument: 'experiment',
      path: experiment,
    });
  }
  const backends = await backendsOf(options.backend, io, { save: true });
  const { version, rules, nprobe, targetRecall, seed, shuffle, reduce, factory, name, output } = options;
  const view = progressView(io, options);
  try {
    const report = await trainRvcIndex(experiment, {
      ...{ version, rules, nprobe, targetRecall, seed, shuffle, reduce, backends },
      nonFinite: options.dropNonFinite ? 'drop' : 'refuse',
      factories: factory,
      experiment: name,
      outDir: output,
      onProgress: view.onProgress,
      signal: io.signal,
    });
    view.stop();
    printResult(io, options, { experiment, rules, seed, ...report }, () => summary(report));
  } finally {
    view.stop();
  }
}

function summary(report: RvcTrainReport): string {
  const reduced = report.reduced ? `, reduced to ${formatCount(report.rows)} centres` : '';
  const head = `${formatCount(report.frames)} of d ${report.d} from ${formatCount(report.files)} files${reduced}`;
  return formatPairs([
    ['frames', head],
    ...(report.totalFea ? [['written', report.totalFea] as const] : []),
    ...report.indexes.flatMap((index) => [
      ['factory', index.factory] as const,
      ['train, add', `${formatSeconds(index.trainSeconds)}, ${formatSeconds(index.addSeconds)}`] as const,
      ...(index.tuned ? ([[index.tuned.reached ? 'chosen' : 'not reached', index.tuned.why]] as const) : []),
      ['written', index.trained] as const,
      ['written', index.added] as const,
      ...(index.tuned ? ([['written', index.tuned.record]] as const) : []),
    ]),
  ]);
}
