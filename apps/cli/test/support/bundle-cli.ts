import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';

/** The program as one file made from the sources, so that child processes need no build. */
export async function bundleCli(): Promise<{ main: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'lutra-cli-bundle-'));
  await build({
    config: false,
    silent: true,
    entry: { main: fileURLToPath(new URL('../../src/main.ts', import.meta.url)) },
    outDir: folder,
    format: ['esm'],
    outExtension: () => ({ js: '.mjs' }),
    target: 'node20',
    platform: 'node',
    splitting: false,
    noExternal: [/.*/],
    dts: false,
    // CommonJS dependencies that are bundled still call require for node's own modules.
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
    esbuildOptions: (options) => {
      options.conditions = ['@lutra/source'];
    },
  });
  return { main: join(folder, 'main.mjs'), remove: () => rm(folder, { recursive: true, force: true }) };
}
