// Every check of the repository, each as a named step with one line; a failed step shows its log and the next one runs
// all the same. Steps that keep about one core busy have another beside them, so that two cores have work. The last line is
// the sum. `npm test -- lint unit` runs only the named steps.
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

/** The generated sources, then the types of all workspaces and of the tests of the tooling. */
async function typecheck() {
  const kernels = await turbo('build:wasm');
  const types = await tool('tooling/test/typecheck.mjs');
  return withLastLine({ code: kernels.code || types.code, output: kernels.output + types.output });
}

/** The last line that a tool of ours prints says how much it looked at. */
const withLastLine = ({ code, output }) => ({ code, output, note: output.trim().split('\n').at(-1) });

let reports = 0;

/** @param {{ env?: Record<string, string>, node?: string, files?: string[] }} [how] `files`: only those that match */
async function vitest(projects, { env = {}, node = process.execPath, files = [] } = {}) {
  const file = join(work, `vitest-${++reports}.json`);
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

/** What the compilation of faiss-node came to, where it was asked for. */
let faissNode;

/** faiss-node is compiled where none loads; where that cannot be, the step that needs it says so. */
async function buildFaissNode() {
  const { code, output } = await tool('tooling/faiss-node/cli.mjs');
  const note = output.trim().split('\n').at(-1);
  faissNode = { built: code === 0, how: code === 0 ? note.replace(/[:(].*/, '').trim() : note };
  return code === 0 ? { code, output, note: faissNode.how } : missing(`no faiss-node that loads: ${note}`);
}

/** Against native faiss, through faiss-node. */
async function nativeTests() {
  if (!faissNode) await buildFaissNode();
  if (!faissNode.built) return missing(`no faiss-node that loads: ${faissNode.how}`);
  const result = await vitest(['native']);
  return { ...result, note: `${result.note} (${faissNode.how})` };
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

/** @typedef {[id: string, title: string, work: () => Promise<any>]} Step */

/** What is done one after the other; where there are two lists, they are done beside each other. @type {Step[][][]} */
const rows = [
  [
    [
      [
        'lint',
        'lint and format',
        () => tool('node_modules/@biomejs/biome/bin/biome', 'ci', '--colors=off', '.'),
      ],
      [
        'layers',
        'layers, imports, file sizes',
        async () => withLastLine(await tool('tooling/layer-check/cli.mjs')),
      ],
      ['knip', 'nothing unused', () => tool('node_modules/knip/bin/knip.js', '--no-config-hints')],
      ['typecheck', 'kernels and types', typecheck],
    ],
    [['faiss-node', 'compilation of faiss-node', buildFaissNode]],
  ],
  [[['unit', 'tests in Node, SIMD and scalar', () => vitest(['node', 'node-scalar'])]]],
  [
    [
      // before the build: it puts bundles of sources where the build then puts its own
      ['native', 'tests of native faiss', nativeTests],
      ['build', 'build', () => turbo('build')],
    ],
    [
      ['relaxed', `kernels by relaxed SIMD, Node ${otherNodes[0]}`, relaxedTests],
      ['browser', 'tests in Chromium', browserTests],
      ['faiss', 'tests against faiss', faissTests],
    ],
  ],
  [
    [['demo', 'the demo in Chromium', demoTests]],
    [
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
    ],
  ],
];

const sum = { passed: 0, failed: 0, skipped: 0 };
const only = process.argv.slice(2);
const known = rows.flat(2).map(([id]) => id);
const unknown = only.filter((id) => !known.includes(id));
if (unknown.length > 0) {
  console.error(`no step ${unknown.join(', ')}; there are: ${known.join(' ')}`);
  sum.failed++;
}

/** @param {Step[]} steps */
async function inOrder(steps) {
  for (const [id, title, perform] of steps) {
    if (only.length > 0 && !only.includes(id)) continue;
    const { code, counts } = await step(title, perform);
    const add = counts ?? { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
    sum.passed += add.passed;
    sum.failed += add.failed;
    sum.skipped += add.skipped;
  }
}

for (const row of rows) await Promise.all(row.map(inOrder));
rmSync(work, { recursive: true, force: true });
console.log(`\n${describeCounts(sum)}`);
process.exitCode = sum.failed > 0 ? 1 : 0;
