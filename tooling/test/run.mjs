// Every check of the repository, each as a named step with one line; a failed step shows its log and the next one runs
// all the same. The last line is the sum. `npm test -- lint unit` runs only the named steps.
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../bootstrap/paths.mjs';
import { run, runNode } from '../bootstrap/run.mjs';
import { step } from '../bootstrap/steps.mjs';
import { testCustomBackend } from './custom-backend.mjs';
import { findChromium, findFaiss, missing } from './environment.mjs';
import { fetchNode, otherNodes } from './other-node.mjs';
import { countVitest, describeCounts } from './vitest-counts.mjs';

const work = mkdtempSync(join(realpathSync(tmpdir()), 'lutra-test-'));
const packed = join(work, 'packed');

const tool = (path, ...args) => runNode([join(root, path), ...args]);
const turbo = (...args) =>
  run('pnpm', ['exec', 'turbo', 'run', ...args, '--continue', '--output-logs=errors-only']);

/** The packages by turbo, the tests of the tooling by the root tsconfig. */
async function typecheck() {
  const packages = await turbo('build:wasm', 'typecheck');
  const tooling = await tool('node_modules/typescript/bin/tsc', '--noEmit');
  return { code: packages.code || tooling.code, output: packages.output + tooling.output };
}

/** The last line that a tool of ours prints says how much it looked at. */
const withLastLine = ({ code, output }) => ({ code, output, note: output.trim().split('\n').at(-1) });

/** @param {{ env?: Record<string, string>, node?: string, files?: string[] }} [how] `files`: only those that match */
async function vitest(projects, { env = {}, node = process.execPath, files = [] } = {}) {
  const file = join(work, `${projects[0]}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const args = [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    ...projects.map((p) => `--project=${p}`),
    ...files,
  ];
  const { code, output } = await run(node, [...args, ...reporters], { env });
  const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  const counts = countVitest(report, code);
  const names = counts.skippedNames.map((name) => `\n    skipped: ${name}`).join('');
  return { code: counts.failed > 0 ? 1 : 0, output, counts, note: describeCounts(counts) + names };
}

async function browserTests() {
  if (!findChromium())
    return missing('no Chromium on this machine (looked at CHROMIUM_PATH and in /usr/bin)');
  return vitest(['browser']);
}

async function faissTests() {
  const found = await findFaiss();
  if (!found) return missing('no python3 with faiss-cpu and numpy (looked at LUTRA_PYTHON and on the PATH)');
  const result = await vitest(['faiss'], { env: { LUTRA_PYTHON: found.python } });
  return { ...result, note: `${result.note} (faiss ${found.faiss})` };
}

/** The built demo in Chromium; files that it gives are opened by faiss. */
async function demoTests() {
  if (!findChromium())
    return missing('no Chromium on this machine (looked at CHROMIUM_PATH and in /usr/bin)');
  const found = await findFaiss();
  if (!found) return missing('no python3 with faiss-cpu and numpy (looked at LUTRA_PYTHON and on the PATH)');
  return vitest(['demo'], { env: { LUTRA_PYTHON: found.python } });
}

/** Against native faiss, through a faiss-node that is compiled here where none loads. */
async function nativeTests() {
  const built = await tool('tooling/faiss-node/cli.mjs');
  const how = built.output.trim().split('\n').at(-1);
  if (built.code !== 0) return missing(`no faiss-node that loads: ${how}`);
  const result = await vitest(['native']);
  return { ...result, note: `${result.note} (${how.replace(/[:(].*/, '').trim()})` };
}

/** The floor of Node has relaxed SIMD on request only: its kernels, and the engine on files of faiss, in a newer one. */
async function relaxedTests() {
  const node = await fetchNode(otherNodes[0]);
  return vitest(['node'], {
    node,
    env: { LUTRA_KERNELS: 'relaxed-simd' },
    files: ['packages/kernels/test', 'packages/backend-ts/test/golden'],
  });
}

async function otherNode(version) {
  const node = await fetchNode(version);
  const imported = await tool('tooling/pack-check/import-cli.mjs', '--dir', packed, '--node', node);
  if (imported.code !== 0) return imported;
  return withLastLine(await tool('tooling/readme-examples/cli.mjs', '--dir', packed, '--node', node));
}

/** @type {[id: string, title: string, work: () => Promise<any>][]} */
const steps = [
  ['lint', 'lint and format', () => tool('node_modules/@biomejs/biome/bin/biome', 'ci', '--colors=off', '.')],
  [
    'layers',
    'layers, imports, file sizes',
    async () => withLastLine(await tool('tooling/layer-check/cli.mjs')),
  ],
  ['knip', 'nothing unused', () => tool('node_modules/knip/bin/knip.js', '--no-config-hints')],
  ['typecheck', 'kernels and types', typecheck],
  ['unit', 'tests in Node, SIMD and scalar', () => vitest(['node', 'node-scalar'])],
  ['relaxed', `kernels by relaxed SIMD, Node ${otherNodes[0]}`, relaxedTests],
  ['browser', 'tests in Chromium', browserTests],
  // before the build: it puts bundles of sources where the build then puts its own
  ['native', 'tests of native faiss', nativeTests],
  ['build', 'build', () => turbo('build')],
  ['faiss', 'tests against faiss', faissTests],
  ['demo', 'the demo in Chromium', demoTests],
  ['pack', 'packed packages', () => tool('tooling/pack-check/cli.mjs', '--dir', packed)],
  ['custom-backend', 'a backend by others, conformance', () => testCustomBackend(packed)],
  [
    'readme',
    'examples of the documents',
    async () => withLastLine(await tool('tooling/readme-examples/cli.mjs', '--dir', packed)),
  ],
  ...otherNodes.map((version) => [
    `node${version.split('.')[0]}`,
    `packages in Node ${version}`,
    () => otherNode(version),
  ]),
];

const sum = { passed: 0, failed: 0, skipped: 0 };
const only = process.argv.slice(2);
const unknown = only.filter((id) => !steps.some(([known]) => known === id));
if (unknown.length > 0) {
  console.error(`no step ${unknown.join(', ')}; there are: ${steps.map(([id]) => id).join(' ')}`);
  sum.failed++;
}
for (const [id, title, perform] of steps) {
  if (only.length > 0 && !only.includes(id)) continue;
  const { code, counts } = await step(title, perform);
  const add = counts ?? { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
  sum.passed += add.passed;
  sum.failed += add.failed;
  sum.skipped += add.skipped;
}
rmSync(work, { recursive: true, force: true });
console.log(`\n${describeCounts(sum)}`);
process.exitCode = sum.failed > 0 ? 1 : 0;
