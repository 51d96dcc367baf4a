import { sourceWorker } from './source-worker.mjs';

/** Resolves workspace packages to their TypeScript sources, so that tests need no build. */
export const sourceConditions = {
  plugins: [sourceWorker()],
  resolve: { conditions: ['@lutra/source', 'module', 'node', 'import', 'default'] },
  ssr: { resolve: { conditions: ['@lutra/source', 'node', 'import', 'default'] } },
};
