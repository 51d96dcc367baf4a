import { createHash } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const cache = join(dirname(fileURLToPath(import.meta.url)), 'node_modules/.cache');
const SPAWNER = /[\\/]spawn-worker\.ts$/;
const HERE = 'import.meta.url';

/** Bundles the `worker.ts` beside `file`; the name of the bundle follows from its contents. */
async function bundleWorker(file) {
  const { outputFiles } = await build({
    entryPoints: [join(dirname(file), 'worker.ts')],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['@lutra/source'],
    sourcemap: 'inline',
    write: false,
  });
  const { contents } = outputFiles[0];
  const name = `worker-${createHash('sha256').update(contents).digest('hex').slice(0, 16)}.mjs`;
  await mkdir(cache, { recursive: true });
  // under another name first: several test runs may write it at once
  const partial = join(cache, `${name}.${process.pid}`);
  await writeFile(partial, contents);
  await rename(partial, join(cache, name));
  return join(cache, name);
}

/**
 * Tests run on TypeScript sources, and a worker of Node loads no TypeScript: where a source file starts the worker beside
 * it, this puts a bundle of that worker.
 * @returns {import('vitest/config').Plugin}
 */
export function sourceWorker() {
  return {
    name: 'lutra:source-worker',
    enforce: 'pre',
    async transform(code, id) {
      if (!SPAWNER.test(id) || !code.includes(HERE)) return undefined;
      const worker = await bundleWorker(id);
      return code
        .replaceAll("'./worker.js'", JSON.stringify(pathToFileURL(worker).href))
        .replaceAll(HERE, 'undefined');
    },
  };
}
