import { stat } from 'node:fs/promises';
import { LutraError, type RowSource } from '@lutra/core';
import { cosineNormalize } from '@lutra/metrics';
import { type Command, Option } from 'commander';
import { addCommand, type CommonOptions, printResult, progressView } from '../command.js';
import { formatBytes, formatCount } from '../format.js';
import type { Io } from '../io.js';
import { assertWritable } from '../paths.js';
import { writeRows } from '../results-file.js';
import { formatPairs } from '../table.js';
import { openVectors } from '../vectors.js';

interface Options extends CommonOptions {
  readonly dtype: 'f2' | 'f4' | 'f8';
  readonly normalize?: boolean;
}

const EXAMPLES = `
Inputs are .npy files of shape (n, d), or folders of them read in file-name order, of any number
type and in C or Fortran order; they are put one after another and written in C order. Numbers
pass through float32. Nothing is held in memory whole.

Examples:
  $ lutra convert features/ features.npy
  $ lutra convert half.npy single.npy --dtype f4
  $ lutra convert part1.npy part2.npy all.npy --normalize
`;

/** `lutra convert`. */
export function registerConvert(program: Command, io: Io): void {
  addCommand(program, 'convert', 'Concatenate, convert and normalise .npy files of vectors.')
    .usage('[options] <in...> <out.npy>')
    .argument('<paths...>', 'the inputs, .npy files and folders, then the .npy file to write')
    .addOption(new Option('--dtype <type>', 'the type to write').choices(['f2', 'f4', 'f8']).default('f4'))
    .option('--normalize', 'scale every row to length 1; rows of zeros stay')
    .addHelpText('after', EXAMPLES)
    .action((paths: string[], options: Options) => convert(paths, options, io));
}

async function convert(paths: readonly string[], options: Options, io: Io): Promise<void> {
  const inputs = paths.slice(0, -1);
  const output = paths.at(-1)!;
  if (inputs.length === 0) {
    throw new LutraError('ARGUMENT', `expected inputs and an output, got only ${output}`, {
      argument: 'paths',
    });
  }
  const sources = (await Promise.all(inputs.map(openVectors))).map((source) => source.rows);
  const d = commonDimension(inputs, sources);
  await assertWritable(output);
  const n = sources.reduce((sum, source) => sum + source.shape[0], 0);
  const view = progressView(io, options);
  try {
    const rows = rowsOf(sources, d, n, options.normalize === true, view.onProgress);
    await writeRows(output, rows, { dtype: `<${options.dtype}`, d, signal: io.signal });
    view.stop();
  } finally {
    view.stop();
  }
  const fileBytes = (await stat(output)).size;
  const report = { inputs, output, shape: [n, d], dtype: `<${options.dtype}`, fileBytes };
  printResult(io, options, report, () =>
    formatPairs([
      ['read', inputs.join(', ')],
      ['shape', `(${formatCount(n)}, ${d})`],
      ['dtype', report.dtype],
      ['written', `${output} (${formatBytes(fileBytes)})`],
    ]),
  );
}

/** @throws LutraError `SHAPE` naming the two files that differ */
function commonDimension(inputs: readonly string[], sources: readonly RowSource[]): number {
  const d = sources[0]!.shape[1];
  const other = sources.findIndex((source) => source.shape[1] !== d);
  if (other < 0) return d;
  const found = sources[other]!.shape[1];
  throw new LutraError('SHAPE', `${inputs[other]}: has ${found} columns, but ${inputs[0]} has ${d}`, {
    argument: 'paths',
    expected: String(d),
    actual: String(found),
    path: inputs[other],
  });
}

async function* rowsOf(
  sources: readonly RowSource[],
  d: number,
  total: number,
  normalize: boolean,
  onProgress: (progress: { stage: string; done: number; total: number }) => void,
): AsyncGenerator<Float32Array> {
  let done = 0;
  for (const source of sources) {
    for await (const block of source.blocks()) {
      yield normalize ? cosineNormalize(block, d, { eps: 0 }) : block;
      done += block.length / d;
      onProgress({ stage: 'convert', done, total });
    }
  }
}
