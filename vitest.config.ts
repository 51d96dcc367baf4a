import { sourceConditions } from '@lutra-tooling/vitest';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

const include = ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'tooling/*/test/**/*.test.ts'];
const exclude = [
  '**/node_modules/**',
  '**/*.browser.test.ts',
  '**/*.faiss.test.ts',
  '**/*.native.test.ts',
  '**/*.demo.test.ts',
];
const shared = { testTimeout: 120_000, hookTimeout: 120_000, expect: { requireAssertions: true } };

const asked = (project: string): boolean =>
  process.argv.some((arg) => arg === project || arg === `--project=${project}`);

const projects: TestProjectInlineConfiguration[] = [
  { ...sourceConditions, test: { ...shared, include, exclude, name: 'node' } },
  {
    ...sourceConditions,
    test: {
      ...shared,
      exclude,
      name: 'node-scalar',
      include: ['packages/{kernels,backend-ts}/test/**/*.test.ts'],
      env: { LUTRA_KERNELS: 'scalar' },
    },
  },
  {
    // tests against a real faiss in Python; LUTRA_PYTHON names the interpreter
    ...sourceConditions,
    test: {
      ...shared,
      name: 'faiss',
      include: ['{packages,apps,tooling}/*/test/**/*.faiss.test.ts'],
      // faiss on small data: its threads wait for each other longer than they work
      env: { OMP_NUM_THREADS: '1' },
    },
  },
  {
    // tests of native faiss through faiss-node; LUTRA_FAISS_NODE names a module other than the installed one
    ...sourceConditions,
    test: {
      ...shared,
      name: 'native',
      include: ['{packages,apps}/*/test/**/*.native.test.ts'],
      globalSetup: ['packages/backend-faiss/test/build-child.ts'],
    },
  },
  {
    // the built demo in Chromium; LUTRA_PYTHON names an interpreter with faiss
    ...sourceConditions,
    test: {
      ...shared,
      name: 'demo',
      include: ['apps/demo/test/**/*.demo.test.ts'],
      globalSetup: ['apps/demo/test/support/server.ts'],
      // pages that are timed must not be timed against each other
      fileParallelism: false,
    },
  },
];

if (asked('browser')) {
  // loaded only on request: it needs a Chromium on this machine
  const { browserProject } = await import('@lutra-tooling/vitest/browser');
  projects.push(browserProject(shared));
}

// on two cores vitest would leave one to itself, which has next to nothing to do
export default defineConfig({ ...sourceConditions, test: { projects, maxWorkers: '100%' } });
