import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';
import { run } from './run.mjs';

const stampFile = join(root, 'node_modules', '.lutra-installed');

/** The package folders of the workspace, relative to the checkout, with `/`. */
function workspaceFolders() {
  const inside = (parent) =>
    existsSync(join(root, parent)) ? readdirSync(join(root, parent)).map((name) => `${parent}/${name}`) : [];
  return [...['packages', 'apps', 'tooling', 'examples'].flatMap(inside), 'bench']
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .sort();
}

/** Everything that decides what an install puts where. */
function wantedStamp() {
  const hash = createHash('sha256').update(`${root}\n${process.platform}-${process.arch}\n`);
  const manifests = workspaceFolders().map((folder) => `${folder}/package.json`);
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', ...manifests]) {
    hash.update(`${file}\n`).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

const hasModules = (folder) => {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(
    readFileSync(join(root, folder, 'package.json'), 'utf8'),
  );
  const count = Object.keys(dependencies).length + Object.keys(devDependencies).length;
  return count === 0 || existsSync(join(root, folder, 'node_modules'));
};

/** @returns {boolean} whether the last install was of this very lock file and is still there */
export function isInstalled() {
  if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== wantedStamp()) return false;
  return workspaceFolders().every(hasModules);
}

/** Installs what the lock file says. */
export async function install() {
  const args = [
    'install',
    '--frozen-lockfile',
    '--config.confirmModulesPurge=false',
    '--reporter=append-only',
  ];
  const result = await run('pnpm', args);
  if (result.code === 0) writeFileSync(stampFile, wantedStamp());
  return result;
}
