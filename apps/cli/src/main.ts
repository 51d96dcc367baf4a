#!/usr/bin/env node
import { run } from './run.js';

const FORCE_AFTER = 3;
const controller = new AbortController();
let asked = 0;

for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    controller.abort(name);
    // Impatient repeats must not leave a temporary file behind; only a run that is stuck is killed.
    if (++asked >= FORCE_AFTER) process.exit(name === 'SIGINT' ? 130 : 143);
  });
}
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (e: NodeJS.ErrnoException) => {
    // The reader has seen enough (`lutra … | head`); files are still finished.
    if (e.code !== 'EPIPE') throw e;
  });
}

process.exitCode = await run(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  signal: controller.signal,
  env: process.env,
  cwd: process.cwd(),
});
