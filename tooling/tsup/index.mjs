import { defineConfig } from 'tsup';

/**
 * The one tsup setting of every published package: ESM, declarations, source maps, no bundled dependencies.
 * @param {Record<string, string>} entry - public subpath name → source file
 */
export function library(entry = { index: 'src/index.ts' }) {
  return defineConfig({
    entry,
    format: ['esm'],
    target: 'es2022',
    platform: 'neutral',
    dts: { compilerOptions: { customConditions: [] } },
    sourcemap: true,
    clean: true,
    splitting: true,
    treeshake: true,
    // what a manifest maps under `imports` is chosen when it is loaded
    external: [/^node:/, /^#/],
    removeNodeProtocol: false,
  });
}
