import { sourceConditions } from '@lutra-tooling/vitest';
import { defineConfig } from 'vitest/config';

const include = ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'tooling/*/test/**/*.test.ts'];
const exclude = ['**/node_modules/**', '**/*.browser.test.ts'];
const shared = { include, exclude, testTimeout: 120_000, hookTimeout: 120_000, expect: { requireAssertions: true } };

export default defineConfig({
  ...sourceConditions,
  test: {
    projects: [
      { ...sourceConditions, test: { ...shared, name: 'node' } },
      {
        ...sourceConditions,
        test: {
          ...shared,
          name: 'node-scalar',
          include: ['packages/{kernels,backend-ts}/test/**/*.test.ts'],
          env: { LUTRA_KERNELS: 'scalar' },
        },
      },
    ],
  },
});
