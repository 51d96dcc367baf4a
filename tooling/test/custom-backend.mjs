import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../bootstrap/paths.mjs';
import { runNode } from '../bootstrap/run.mjs';
import { packAndInstall } from '../pack-check/packed.mjs';
import { missing } from './environment.mjs';

const example = join(root, 'examples/custom-backend');
/** LanceDB tells at length that small tables are small. */
const env = { LANCEDB_LOG: 'error' };

/**
 * The backend of `examples/custom-backend` as its author would have it: its build in a folder without the workspace, over
 * the packages as they are packed. Passes the conformance kit for what it claims.
 * @param {string} packed - the folder where the packed packages are installed
 */
export async function testCustomBackend(packed) {
  if (!existsSync(join(example, 'dist/index.js')))
    return { code: 1, output: 'examples/custom-backend is not built' };
  await packAndInstall(packed);
  const folder = join(packed, 'custom-backend');
  for (const part of ['package.json', 'dist', 'test'])
    cpSync(join(example, part), join(folder, part), { recursive: true });
  linkForeign(folder);

  const probe = `const { default: b } = await import('./dist/index.js'); const p = await b.probe();
    console.log(p.ok ? 'LanceDB ' + p.version : p.reason); process.exitCode = p.ok ? 0 : 3;`;
  const probed = await runNode(['--input-type=module', '-e', probe], { cwd: folder, env });
  const said = probed.output.trim().split('\n').at(-1);
  if (probed.code === 3) return missing(`a backend by others: ${said}`);
  if (probed.code !== 0) return probed;

  const { code, output } = await runNode(['--test', '--test-reporter=tap'], { cwd: folder, env });
  const count = (word) => Number(new RegExp(`^# ${word} (\\d+)$`, 'm').exec(output)?.[1] ?? 0);
  const counts = { passed: count('pass'), failed: count('fail') + count('cancelled'), skipped: 0 };
  if (counts.passed === 0 && counts.failed === 0) counts.failed = 1;
  // a case of what the backend does not claim is not a test left out
  const note = `${said}: ${counts.passed} passed, ${counts.failed} failed, ${count('skipped')} not claimed`;
  return { code: counts.failed > 0 ? 1 : code, output: failures(output), counts, note };
}

/** What it depends on from outside the workspace, from where the workspace has it. */
function linkForeign(folder) {
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const foreign = Object.keys(dependencies).filter((name) => !name.startsWith('@lutra/'));
  for (const name of foreign) {
    const link = join(folder, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(realpathSync(join(example, 'node_modules', name)), link, 'junction');
  }
}

/** The failed tests of a TAP report, or its end where none is named. */
function failures(output) {
  const failed = output.split(/^(?=# Subtest)/m).filter((part) => /^not ok/m.test(part));
  return failed.length > 0 ? failed.join('\n') : output.slice(-4000);
}
