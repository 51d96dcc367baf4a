import { blendFeatures } from '@lutra/rvc';
import type { Command } from 'commander';
import { decimal, wholeNumber } from '../arguments.js';
import { addCommand, backendOption, type CommonOptions, printResult, progressView } from '../command.js';
import { formatCount } from '../format.js';
import { openIndex } from '../indexes.js';
import type { Io } from '../io.js';
import { assertWritable } from '../paths.js';
import { writeResults } from '../results-file.js';
import { addSearchOptions, type SearchOptions, searchParameters } from '../search-options.js';
import { formatPairs } from '../table.js';
import { readQueries } from '../vectors.js';

interface Options extends CommonOptions, SearchOptions {
  readonly output: string;
  readonly indexRate: number;
  readonly k: number;
  readonly compat?: boolean;
  readonly backend: string;
}

const EXAMPLES = `
Each frame becomes index-rate · the mean of its k neighbours, weighted by 1 / distance², plus the
rest of itself. Frames that are stored exactly, or find nothing, stay finite; --compat gives the
numbers of RVC, NaN included.

Examples:
  $ lutra rvc blend added_IVF918_Flat_nprobe_1_my-voice_v2.index feats.npy -o blended.npy
  $ lutra rvc blend my-voice.index feats.npy --index-rate 0.5 --nprobe 8 -o blended.npy
`;

/** `lutra rvc blend`. */
export function registerRvcBlend(rvc: Command, io: Io): void {
  const command = addCommand(rvc, 'blend', 'Mix features with their neighbours in an index.')
    .argument('<index>', 'an added_….index file')
    .argument('<feats>', 'an .npy file of features, shape (frames, d)')
    .requiredOption('-o, --output <file>', 'the .npy file to write, float32 of the same shape')
    .option('--index-rate <rate>', 'share of the retrieved features, 0 to 1', decimal(0, 1), 0.75)
    .option('-k, --k <n>', 'neighbours a frame', wholeNumber(1), 8);
  addSearchOptions(command)
    .option('--compat', "RVC's own arithmetic, bit for bit")
    .addOption(backendOption(io))
    .addHelpText('after', EXAMPLES)
    .action((index: string, feats: string, options: Options) => blend(index, feats, options, io));
}

async function blend(path: string, featsPath: string, options: Options, io: Io): Promise<void> {
  await assertWritable(options.output);
  const index = await openIndex(path, options.backend, io);
  const view = progressView(io, options);
  try {
    const { values, n, d } = await readQueries(featsPath, index, path);
    const { features, ...counts } = await blendFeatures(index, values, {
      k: options.k,
      indexRate: options.indexRate,
      compat: options.compat,
      parameters: searchParameters(options),
      signal: io.signal,
      onProgress: (done, total) => view.onProgress({ stage: 'blend', done, total }),
    });
    const file = { path: options.output, values: features, dtype: '<f4', shape: [n, d] } as const;
    await writeResults([file], io.signal);
    view.stop();
    const { k, indexRate, compat = false, output } = options;
    const report = { ...counts, d, k, indexRate, compat, nprobe: index.parameters.nprobe, output };
    printResult(io, options, { ...report, ...searchParameters(options) }, () =>
      formatPairs([
        ['frames', formatCount(counts.frames)],
        ['stored exactly', formatCount(counts.exactFrames)],
        ['nothing found', formatCount(counts.emptyFrames)],
        [`fewer than ${k}`, formatCount(counts.shortFrames)],
        ['written', output],
      ]),
    );
  } finally {
    view.stop();
    index.dispose();
  }
}
