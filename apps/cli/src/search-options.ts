import {
  type BinaryIndex,
  type BinarySpec,
  type FactorySpec,
  LutraError,
  type SearchParameters,
  type VectorIndex,
} from '@lutra/core';
import { type Command, Option } from 'commander';
import { decimal, wholeNumber } from './arguments.js';

/** The search parameters of a command line. */
export interface SearchOptions {
  readonly nprobe?: number;
  readonly kFactor?: number;
  readonly efSearch?: number;
  readonly sketches?: boolean;
}

/** Adds `--nprobe --k-factor --ef-search --sketches`. An index that has no such parameter refuses it. */
export function addSearchOptions(command: Command): Command {
  return command
    .option('--nprobe <n>', 'inverted lists to visit (default: what the file says)', wholeNumber(1))
    .option(
      '--k-factor <f>',
      'refine the best k · f candidates (default: what the file says)',
      decimal(1, 1000),
    )
    .option(
      '--ef-search <n>',
      'candidates an HNSW search keeps (default: what the file says)',
      wholeNumber(1),
    )
    .addOption(sketchesOption());
}

/** `--sketches`. */
export function sketchesOption(): Option {
  return new Option('--sketches', 'choose what is refined by sketches of the vectors, not by codes');
}

/** The parameters given, and no others. */
export function searchParameters(options: SearchOptions): SearchParameters {
  const { nprobe, kFactor, efSearch, sketches } = options;
  return {
    ...(nprobe !== undefined && { nprobe }),
    ...(kFactor !== undefined && { kFactor }),
    ...(efSearch !== undefined && { efSearch }),
    ...(sketches && { sketches }),
  };
}

/**
 * Refuses more results than the index has vectors, and more lists than it has. The library pads with label -1 and visits
 * all lists; on a command line such a number is a slip.
 * @param path - the index file, for the message
 */
export function assertWithin(
  index: VectorIndex | BinaryIndex,
  path: string,
  k: number,
  nprobes: readonly (number | undefined)[],
): void {
  if (k > index.ntotal) {
    throw new LutraError('ARGUMENT', `-k ${k} is more than the ${index.ntotal} vectors of ${path}`, {
      argument: 'k',
      value: k,
      expected: `at most ${index.ntotal}`,
    });
  }
  const nlist = listsOf(index.spec);
  const nprobe = nprobes.find((n) => n !== undefined && nlist !== undefined && n > nlist);
  if (nprobe !== undefined) {
    throw new LutraError('ARGUMENT', `--nprobe ${nprobe} is more than the ${nlist} lists of ${path}`, {
      argument: 'nprobe',
      value: nprobe,
      expected: `at most ${nlist}`,
    });
  }
}

/** nlist of the IVF inside, if there is one. */
function listsOf(spec: FactorySpec | BinarySpec): number | undefined {
  if (spec.kind === 'Ivf' || spec.kind === 'BinaryIvf') return spec.nlist;
  return 'base' in spec ? listsOf(spec.base) : undefined;
}
