import { type Command, Option } from 'commander';
import { wholeNumber } from './arguments.js';
import type { Io } from './io.js';
import { createProgressView, type ProgressView } from './progress.js';

/** Options that every command has. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly progress: boolean;
}

/** A new subcommand `usage` (`search <index> <queries>`) of `parent`, with the options common to all. */
export function addCommand(parent: Command, usage: string, description: string): Command {
  const command = parent.command(usage).description(description);
  const path = `${parent.name() === 'lutra' ? '' : `${parent.name()} `}${command.name()}`;
  return command
    .helpOption('-h, --help', 'show this help')
    .showHelpAfterError(`(try 'lutra ${path} --help')`)
    .option('--json', 'print one JSON document on standard output and nothing else there')
    .option('--no-progress', 'show no progress');
}

/** `--backend`, whose default is the variable LUTRA_BACKEND or `ts`. */
export function backendOption(io: Io): Option {
  return new Option(
    '--backend <names>',
    'who computes: ts, faiss, an npm package or a path (./mine); of several (a,b) the first that can',
  ).default(io.env.LUTRA_BACKEND || 'ts');
}

/** `--threads`. */
export function threadsOption(): Option {
  return new Option('--threads <n>', 'threads at most').argParser(wholeNumber(1));
}

/** The progress view of a command. */
export function progressView(io: Io, options: CommonOptions): ProgressView {
  return createProgressView(io.stderr, !options.progress);
}

/** Prints the outcome: `document` as JSON, or the text of `text`. */
export function printResult(io: Io, options: CommonOptions, document: unknown, text: () => string): void {
  io.stdout.write(options.json ? `${JSON.stringify(document, jsonValue, 2)}\n` : text());
}

/** Typed arrays are lists in JSON. */
function jsonValue(_key: string, value: unknown): unknown {
  return ArrayBuffer.isView(value) && !(value instanceof DataView)
    ? Array.from(value as unknown as ArrayLike<number>)
    : value;
}
