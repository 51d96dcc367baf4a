import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** Bundles what runs outside of the test process from the sources, where the package looks for it. */
export async function setup(): Promise<void> {
  await build({
    entryPoints: { child: path('../src/node/child.ts'), 'sync-request': path('../src/node/sync-request.ts') },
    outdir: path('../dist'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@lutra/source'],
    logLevel: 'error',
  });
}

/** What `build` has put there is left; it makes all of it anew. */
export function teardown(): void {
  for (const name of ['child.js.map', 'sync-request.js.map'])
    rmSync(path(`../dist/${name}`), { force: true });
}

/** The module under test: LUTRA_FAISS_NODE, else what is installed. */
export const modulePath = (): string =>
  process.env.LUTRA_FAISS_NODE ?? createRequire(import.meta.url).resolve('faiss-node');
