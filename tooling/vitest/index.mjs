/** Resolves workspace packages to their TypeScript sources, so that tests need no build. */
export const sourceConditions = {
  resolve: { conditions: ['@lutra/source', 'module', 'node', 'import', 'default'] },
  ssr: { resolve: { conditions: ['@lutra/source', 'node', 'import', 'default'] } },
};
