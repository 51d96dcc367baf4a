import { isLutraError } from '@lutra/core';
import { CommanderError } from 'commander';
import type { Io } from './io.js';
import { createProgram } from './program.js';

const EXIT = { ok: 0, refused: 2, bug: 70 } as const;

/**
 * Runs one command line.
 * @param argv - the words after `lutra`
 * @returns the exit code: 0 well, 2 for wrong usage or a `LutraError` (Ctrl-C and SIGTERM among them), 70 for a bug
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  try {
    await createProgram(io).parseAsync([...argv], { from: 'user' });
    return EXIT.ok;
  } catch (e) {
    return explain(e, io);
  }
}

function explain(e: unknown, io: Io): number {
  if (e instanceof CommanderError) return e.exitCode === 0 ? EXIT.ok : EXIT.refused;
  if (isLutraError(e, 'ABORTED') && io.signal.aborted) {
    io.stderr.write('lutra: stopped, no file is left half-written\n');
    return EXIT.refused;
  }
  if (isLutraError(e)) {
    io.stderr.write(`lutra: ${e.message}\n`);
    return EXIT.refused;
  }
  io.stderr.write(`lutra: this is a bug\n${e instanceof Error ? (e.stack ?? e.message) : String(e)}\n`);
  return EXIT.bug;
}
