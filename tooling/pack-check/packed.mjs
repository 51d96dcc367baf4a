import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readJson, root } from '../bootstrap/paths.mjs';
import { npm, run } from '../bootstrap/run.mjs';

/**
 * @typedef {object} Published
 * @property {string} name
 * @property {string} folder - relative to the checkout
 * @property {any} manifest - as in the checkout
 */

/** @returns {Published[]} every package that goes to the registry */
export function publishedPackages() {
  return ['packages', 'apps']
    .filter((parent) => existsSync(join(root, parent)))
    .flatMap((parent) => readdirSync(join(root, parent)).map((name) => `${parent}/${name}`))
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .map((folder) => ({ folder, manifest: readJson(`${folder}/package.json`) }))
    .filter(({ manifest }) => manifest.private !== true)
    .map(({ folder, manifest }) => ({ name: manifest.name, folder, manifest }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Where pnpm puts the tarball of a package. */
export const tarballOf = (dir, { name, manifest }) =>
  join(dir, 'tarballs', `${name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`);

/**
 * Packs every published package and installs the tarballs in `dir`, as a user would have them: no workspace links, no
 * development dependencies, nothing from the checkout. Does nothing if `dir` has them already.
 * @param {string} dir - outside the checkout, so that nothing resolves by accident
 */
export async function packAndInstall(dir) {
  if (existsSync(join(dir, 'installed'))) return;
  const published = publishedPackages();
  mkdirSync(join(dir, 'tarballs'), { recursive: true });
  const filters = published.map(({ folder }) => `--filter=./${folder}`);
  const packed = await run('pnpm', [...filters, '-r', 'pack', '--pack-destination', join(dir, 'tarballs')]);
  if (packed.code !== 0) throw new Error(`pnpm pack failed:\n${packed.output}`);

  const tarballs = Object.fromEntries(published.map((p) => [p.name, pathToFileURL(tarballOf(dir, p)).href]));
  // The overrides make the packages find each other's tarballs instead of asking the registry for that version.
  const manifest = {
    name: 'packed',
    private: true,
    type: 'module',
    dependencies: tarballs,
    overrides: tarballs,
  };
  writeFileSync(join(dir, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  const args = [
    'install',
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
    '--prefer-offline',
    '--loglevel=error',
  ];
  const installed = await npm(args, { cwd: dir });
  if (installed.code !== 0) throw new Error(`npm install of the tarballs failed:\n${installed.output}`);
  writeFileSync(join(dir, 'installed'), '');
}

/** The manifest of a package as it was installed. */
export const installedManifest = (dir, name) =>
  JSON.parse(readFileSync(join(dir, 'node_modules', name, 'package.json'), 'utf8'));

/** Public subpaths of a manifest that hold a module: `.`, `./node`, … */
export const moduleSubpaths = ({ exports = {} }) =>
  Object.keys(exports).filter((subpath) => !subpath.endsWith('.json'));
