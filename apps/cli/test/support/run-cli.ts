import { run } from '../../src/run.js';

/** What a command line printed and how it ended. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process, with everything it prints caught. */
export async function runCli(
  argv: readonly string[],
  world: { signal?: AbortSignal; env?: Record<string, string>; cwd?: string } = {},
): Promise<Outcome> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await run(argv, {
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
    signal: world.signal ?? new AbortController().signal,
    env: world.env ?? {},
    cwd: world.cwd ?? process.cwd(),
  });
  return { code, out: out.join(''), err: err.join('') };
}

/** The one JSON document that a run with `--json` printed. */
export async function runJson<T>(argv: readonly string[]): Promise<T> {
  const { code, out, err } = await runCli([...argv, '--json']);
  if (code !== 0) throw new Error(`exit ${code}: ${err}`);
  return JSON.parse(out) as T;
}
