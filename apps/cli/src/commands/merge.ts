import { stat } from 'node:fs/promises';
import { assertNotAborted, LutraError, type VectorIndex } from '@lutra/core';
import { type Command, Option } from 'commander';
import { formatFactory } from 'lutra';
import { writeIndexFile } from 'lutra/node';
import { addCommand, backendOption, type CommonOptions, printResult, progressView } from '../command.js';
import { formatBytes, formatCount } from '../format.js';
import { commonId, idsOf, largestId } from '../ids.js';
import { namingPath, openIndex } from '../indexes.js';
import type { Io } from '../io.js';
import { assertFile, assertWritable } from '../paths.js';
import { formatPairs } from '../table.js';

interface MergeOptions extends CommonOptions {
  readonly output: string;
  readonly keepIds?: boolean;
  readonly shiftIds?: boolean;
  readonly backend: string;
}

interface Part {
  readonly path: string;
  readonly ntotal: number;
  /** Added to the ids of this part. */
  readonly addId: number;
}

const EXAMPLES = `
The files must be trained alike: built from one trained index, so that their centroids are equal
bit for bit. Indexes that count from 0 (Flat, PQ) are appended. Where ids are stored, files that
share an id are refused unless you say which way: --shift-ids raises the ids of each further file
past the largest before it, --keep-ids keeps the doubles.

Examples:
  $ lutra merge part1.index part2.index -o all.index
  $ lutra merge part1.index part2.index part3.index --shift-ids -o all.index
`;

/** `lutra merge`. */
export function registerMerge(program: Command, io: Io): void {
  addCommand(program, 'merge', 'Merge indexes that are trained alike into one file.')
    .argument('<index...>', 'two index files or more')
    .requiredOption('-o, --output <file>', 'the index file to write')
    .addOption(new Option('--keep-ids', 'keep all ids, even those in several files').conflicts('shiftIds'))
    .addOption(new Option('--shift-ids', 'raise the ids of each further file past those before it'))
    .addOption(backendOption(io))
    .addHelpText('after', EXAMPLES)
    .action((paths: string[], options: MergeOptions) => merge(paths, options, io));
}

async function merge(paths: readonly string[], options: MergeOptions, io: Io): Promise<void> {
  if (paths.length < 2) {
    throw new LutraError('ARGUMENT', `expected two index files or more, got ${paths.length}`, {
      argument: 'index',
    });
  }
  for (const path of paths) await assertFile(path, 'an index file');
  await assertWritable(options.output);
  const view = progressView(io, options);
  const whole = await openIndex(paths[0]!, options.backend, io, { toChange: true });
  try {
    const parts: Part[] = [{ path: paths[0]!, ntotal: whole.ntotal, addId: 0 }];
    for (const path of paths.slice(1)) {
      assertNotAborted(io.signal);
      view.onProgress({ stage: 'merge', done: parts.length, total: paths.length });
      parts.push(await mergeOne(whole, path, options, io));
    }
    view.onProgress({ stage: 'merge', done: parts.length, total: paths.length });
    await writeIndexFile(options.output, whole, { onProgress: view.onProgress, signal: io.signal });
    view.stop();
    const fileBytes = (await stat(options.output)).size;
    const report = {
      factory: formatFactory(whole.spec),
      d: whole.d,
      ntotal: whole.ntotal,
      parts,
      output: options.output,
      fileBytes,
    };
    printResult(io, options, report, () =>
      formatPairs([
        ...parts.map((p) => [p.path, partText(p)] as const),
        ['ntotal', formatCount(whole.ntotal)],
        ['written', `${options.output} (${formatBytes(fileBytes)})`],
      ]),
    );
  } finally {
    view.stop();
    whole.dispose();
  }
}

async function mergeOne(whole: VectorIndex, path: string, options: MergeOptions, io: Io): Promise<Part> {
  const part = await openIndex(path, options.backend, io, { toChange: true });
  try {
    const { ntotal } = part;
    const addId = shiftOf(whole, part, path, options);
    await mergeNaming(whole, part, path, addId);
    return { path, ntotal, addId: addId ?? 0 };
  } finally {
    part.dispose();
  }
}

/** What to add to the ids of `part`; undefined for an index that counts from 0 and renumbers by itself. */
function shiftOf(
  whole: VectorIndex,
  part: VectorIndex,
  path: string,
  options: MergeOptions,
): number | undefined {
  const before = idsOf(whole.toData());
  const ids = idsOf(part.toData());
  if (before === undefined || ids === undefined) {
    if (!options.keepIds) return undefined;
    throw new LutraError(
      'ARGUMENT',
      `--keep-ids: ${formatFactory(whole.spec)} stores no ids, its vectors are counted from 0`,
      { argument: 'keep-ids' },
    );
  }
  if (options.shiftIds) return largestId(before) + 1;
  const shared = options.keepIds ? undefined : commonId(before, ids);
  if (shared === undefined) return 0;
  throw new LutraError(
    'ARGUMENT',
    `${path}: has ids that are merged already, the first is ${shared}; say --shift-ids or --keep-ids`,
    { argument: 'index', path },
  );
}

async function mergeNaming(
  whole: VectorIndex,
  part: VectorIndex,
  path: string,
  addId: number | undefined,
): Promise<void> {
  try {
    await whole.mergeFrom(part, addId === undefined ? {} : { addId });
  } catch (e) {
    throw namingPath(e, path);
  }
}

function partText(part: Part): string {
  const shift = part.addId > 0 ? `, ids raised by ${formatCount(part.addId)}` : '';
  return `${formatCount(part.ntotal)} vectors${shift}`;
}
