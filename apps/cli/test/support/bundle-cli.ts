import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';
import packageJson from '../../package.json' with { type: 'json' };

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * The program as one file made from the sources, so that child processes need no build. Its own dependencies from
 * outside the workspace are left out of it and found by Node, as they are once it is installed.
 */
export async function bundleCli(): Promise<{ main: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(ROOT, 'node_modules/.test-bundle-'));
  const foreign = Object.entries(packageJson.dependencies)
    .filter(([, version]) => !version.startsWith('workspace:'))
    .map(([name]) => name);
  await build({
    config: false,
    silent: true,
    entry: { main: join(ROOT, 'src/main.ts') },
    outDir: folder,
    format: ['esm'],
    outExtension: () => ({ js: '.mjs' }),
    target: 'node20',
    platform: 'node',
    splitting: false,
    dts: false,
    external: foreign,
    noExternal: [new RegExp(`^(?!(${foreign.join('|')})$)`)],
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
