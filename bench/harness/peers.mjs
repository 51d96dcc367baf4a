// Other engines, installed on demand outside of the workspace: `bench/.peers/<name>-<version>`.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { npm, runNode } from '../../tooling/bootstrap/run.mjs';
import { here, root } from './paths.mjs';

const run = promisify(execFile);
const folderOf = (name) => join(here, '.peers', name);

/** What stands beside Lutra: updated by hand. `gyp` is built here where its package brings no binary,
 * `system` by a script of this checkout against a library of the system. */
const packages = {
  'hnswlib-node': { version: '3.0.0', gyp: true },
  'hnswlib-wasm': { version: '0.8.2' },
  usearch: { version: '2.26.2' },
  zvec: { version: '0.7.0', npm: '@zvec/zvec' },
  'faiss-node': { version: '0.5.1', system: 'tooling/faiss-node/cli.mjs' },
  lancedb: { version: '0.39.0', npm: '@lancedb/lancedb' },
};
const FAISS = '1.15.1';
const GYP = '11.4.2';

async function npmOrFail(args, cwd) {
  const { code, output } = await npm(args, { cwd });
  if (code !== 0) throw new Error(`npm ${args.join(' ')}: ${output.trim().split('\n').slice(-3).join(' ')}`);
}

/**
 * Where a peer lies, installed if it was not.
 * @returns {Promise<{ folder: string, version: string }>}
 * @throws Error saying why it cannot be installed
 */
export async function peer(name) {
  const { version, npm: id = name, gyp, system } = packages[name];
  const folder = folderOf(`${name}-${version}`);
  if (existsSync(folder)) return { folder, version };
  console.error(`installing ${id}@${version} …`);
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  writeFileSync(join(partial, 'package.json'), '{"private":true}\n');
  await npmOrFail(['install', '--ignore-scripts', '--no-audit', '--no-fund', `${id}@${version}`], partial);
  if (gyp) {
    const args = ['exec', '--yes', `--package=node-gyp@${GYP}`, '--', 'node-gyp', 'rebuild'];
    await npmOrFail(args, join(partial, 'node_modules', id));
  }
  if (system) {
    const script = join(root, system);
    if (!existsSync(script)) throw new Error(`there is no ${system} to build ${id} with`);
    const { code, output } = await runNode([script, partial]);
    if (code !== 0) throw new Error(`${id}: ${output.trim().split('\n').at(-1)}`);
  }
  renameSync(partial, folder);
  return { folder, version };
}

/** A Python with faiss-cpu: the one given when it has it, else one made here. */
export async function pythonWithFaiss(given) {
  const has = (python) =>
    run(python, ['-c', 'import faiss, numpy'])
      .then(() => true)
      .catch(() => false);
  if (given) {
    if (await has(given)) return given;
    throw new Error(`${given} has no faiss and numpy`);
  }
  const folder = folderOf(`faiss-cpu-${FAISS}`);
  const python = join(folder, 'bin/python');
  if (await has(python)) return python;
  console.error(`installing faiss-cpu ${FAISS} …`);
  await run('python3', ['-m', 'venv', folder]);
  await run(python, ['-m', 'pip', 'install', '--quiet', `faiss-cpu==${FAISS}`, 'numpy']);
  return python;
}
