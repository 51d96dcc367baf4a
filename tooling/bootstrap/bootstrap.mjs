// The one door of the repository: `npm start`, `npm run demo` and `npm test` come here. It needs nothing but Node and npm: it finds the
// pinned pnpm, installs what the lock file says, and hands over. Everything imported here is plain Node.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { satisfies } from './check-node.mjs';
import { findPnpm } from './find-pnpm.mjs';
import { install, isInstalled } from './install.mjs';
import { readJson, root } from './paths.mjs';
import { run, runNode } from './run.mjs';
import { step } from './steps.mjs';

const wantedNode = readJson('package.json').engines.node;
const example = 'examples/voice/run.mjs';

/** Runs a step that nothing after it can do without. */
async function must(title, work) {
  const { code } = await step(title, work);
  if (code !== 0) process.exit(1);
}

async function prepare() {
  await must('find pnpm', async () => ({ code: 0, note: await findPnpm() }));
  if (!isInstalled()) await must('install dependencies', install);
}

function build() {
  const apps = existsSync(join(root, 'apps/cli/package.json')) ? ['--filter=./apps/cli'] : [];
  const args = [
    'exec',
    'turbo',
    'run',
    'build',
    '--filter=./packages/*',
    '--filter=./examples/*',
    ...apps,
    '--output-logs=errors-only',
  ];
  return run('pnpm', args);
}

async function start(args) {
  await prepare();
  await must('build packages', build);
  console.log('');
  return (await runNode([join(root, example), ...args], { show: true })).code;
}

async function demo(args) {
  await prepare();
  await must('build the demo', () =>
    run('pnpm', ['exec', 'turbo', 'run', 'build', '--filter=@lutra/demo', '--output-logs=errors-only']),
  );
  console.log('');
  const vite = join(root, 'apps/demo/node_modules/vite/bin/vite.js');
  return (await runNode([vite, 'preview', ...args], { show: true, cwd: join(root, 'apps/demo') })).code;
}

async function test(args) {
  await prepare();
  return (await runNode([join(root, 'tooling/test/run.mjs'), ...args], { show: true })).code;
}

const [task, ...rest] = process.argv.slice(2);
if (!satisfies(process.versions.node, wantedNode)) {
  console.error(`Lutra needs Node ${wantedNode}; this is ${process.versions.node} (${process.execPath})`);
  process.exit(1);
}
if (task === 'start') process.exitCode = await start(rest);
else if (task === 'demo') process.exitCode = await demo(rest);
else if (task === 'test') process.exitCode = await test(rest);
else {
  console.error(
    `usage: node tooling/bootstrap/bootstrap.mjs start|demo|test [arguments]; found ${task ?? 'nothing'}`,
  );
  process.exitCode = 1;
}
