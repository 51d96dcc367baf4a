import type { StoredParameters } from '@lutra/core';
import type { Command } from 'commander';
import { decimal, wholeNumber } from './arguments.js';

/** The search parameters of a command line. */
export interface SearchOptions {
  readonly nprobe?: number;
  readonly kFactor?: number;
  readonly efSearch?: number;
}

/** Adds `--nprobe --k-factor --ef-search`. An index that has no such parameter refuses it. */
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
    );
}

/** The parameters given, and no others. */
export function searchParameters(options: SearchOptions): StoredParameters {
  const { nprobe, kFactor, efSearch } = options;
  return {
    ...(nprobe !== undefined && { nprobe }),
    ...(kFactor !== undefined && { kFactor }),
    ...(efSearch !== undefined && { efSearch }),
  };
}
