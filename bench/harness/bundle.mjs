// A checkout's packages as one module, from their sources: nothing has to be built first but the kernels, and several
// checkouts can be measured side by side.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { cache, here } from './paths.mjs';

/** The kernels are generated code; they are made where they are missing or older than their sources. */
function buildKernels(root) {
  const folder = join(root, 'packages/kernels');
  const newest = (path) =>
    Math.max(0, ...readdirSync(path, { recursive: true }).map((name) => statSync(join(path, name)).mtimeMs));
  const generated = join(folder, 'src/generated');
  if (existsSync(generated) && newest(generated) >= newest(join(folder, 'assembly'))) return;
  execFileSync(process.execPath, ['scripts/build-wasm.mjs'], { cwd: folder, stdio: ['ignore', 2, 2] });
}

/** Sources that run in workers: files of their own beside the bundle, which starts them by these names. */
const WORKERS = ['packages/backend-ts/src/worker.ts'];

const bundled = new Map();

/**
 * The path of a module that exports what workspace-exports.mjs names, from the sources under `root`; made once a run.
 * @param {string} root - a checkout with its dependencies installed
 * @returns {Promise<string>}
 */
export function bundle(root) {
  if (!bundled.has(root)) bundled.set(root, make(root));
  return bundled.get(root);
}

async function make(root) {
  buildKernels(root);
  const key = createHash('sha256').update(root).digest('hex').slice(0, 12);
  const folder = join(cache, 'bundles', `${key}-${process.pid}`);
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const options = {
    absWorkingDir: join(root, 'bench'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@lutra/source'],
    external: ['faiss-node'],
    logLevel: 'error',
    // libraries in CommonJS ask for Node's modules by require
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
  };
  const contents = readFileSync(join(here, 'harness/workspace-exports.mjs'), 'utf8');
  const outfile = join(folder, 'workspace.mjs');
  await build({ ...options, stdin: { contents, resolveDir: join(root, 'bench') }, outfile });
  const workers = WORKERS.map((path) => join(root, path)).filter((path) => existsSync(path));
  await build({ ...options, entryPoints: workers, outdir: folder });
  return outfile;
}
