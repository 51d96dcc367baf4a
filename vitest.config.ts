import { sourceConditions } from '@lutra-tooling/vitest';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const include = ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'tooling/*/test/**/*.test.ts'];
const exclude = [
  '**/node_modules/**',
  '**/*.browser.test.ts',
  '**/*.faiss.test.ts',
  '**/*.native.test.ts',
  '**/*.demo.test.ts',
];
const shared = { testTimeout: 120_000, hookTimeout: 120_000, expect: { requireAssertions: true } };
const inNode = { ...shared, setupFiles: ['@lutra-tooling/vitest/equal-bytes'] };

/**
 * What the project node-scalar leaves out, because all of it is run in the project node already: there the tests of kernels
 * try each kernel at the scalar level and at the highest, and the others start no kernels, or those of levels that they name.
 */
const knowsNoLevel = [
  // each kernel at both levels, by itself and against the other
  'packages/kernels/test/!(load-kernels|relaxed-flag|shared-memory).test.ts',
  // each kind at the highest level against the scalar one
  'packages/backend-ts/test/levels.test.ts',
  // the engine on the highest level, whatever is asked for
  'packages/backend-ts/test/{make-room,refine}.test.ts',
  // numbers in TypeScript alone
  'packages/backend-ts/test/min-sums.property.test.ts',
  'packages/backend-ts/test/{linalg,random,transforms}/*.test.ts',
];

/** Files that take longer than all others come first: one that is begun last leaves the other cores without work. */
const slow = [
  'conformance/test/engine-scalar',
  'conformance/test/engine-simd',
  'backend-faiss/test/conformance',
  'backend-faiss/test/memory',
  'faiss-format/test/hostile-bytes',
  'backend-ts/test/threads',
  'backend-ts/test/changing',
  'lutra/test/support-table',
  'backend-ts/test/contract',
];

class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = slow.findIndex((name) => moduleId.includes(name));
      return at < 0 ? slow.length : at;
    };
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => rank(a) - rank(b));
  }
}

const asked = (project: string): boolean =>
  process.argv.some((arg) => arg === project || arg === `--project=${project}`);

const projects: TestProjectInlineConfiguration[] = [
  { ...sourceConditions, test: { ...inNode, include, exclude, name: 'node' } },
  {
    ...sourceConditions,
    test: {
      ...inNode,
      exclude: [...exclude, ...knowsNoLevel],
      name: 'node-scalar',
      include: ['packages/{kernels,backend-ts}/test/**/*.test.ts'],
      env: { LUTRA_KERNELS: 'scalar' },
    },
  },
  {
    // tests against a real faiss in Python; LUTRA_PYTHON names the interpreter
    ...sourceConditions,
    test: {
      ...inNode,
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
      ...inNode,
      name: 'native',
      include: ['{packages,apps}/*/test/**/*.native.test.ts'],
      globalSetup: ['packages/backend-faiss/test/build-child.ts'],
    },
  },
  {
    // the built demo in Chromium; LUTRA_PYTHON names an interpreter with faiss
    ...sourceConditions,
    test: {
      ...inNode,
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
export default defineConfig({
  ...sourceConditions,
  test: { projects, maxWorkers: '100%', sequence: { sequencer: SlowFirst } },
});
