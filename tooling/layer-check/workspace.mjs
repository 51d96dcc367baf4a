import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/**
 * @typedef {object} Manifest
 * @property {string} name
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [peerDependencies]
 * @property {Record<string, string>} [optionalDependencies]
 * @property {Record<string, string>} [devDependencies]
 * @property {Record<string, unknown>} [imports]
 * @property {Record<string, unknown>} [exports]
 *
 * @typedef {object} WorkspacePackage
 * @property {string} folder - relative to the root, with `/`
 * @property {'package' | 'app' | 'bench'} kind
 * @property {Manifest} manifest
 */

const subfolders = (path) =>
  existsSync(path)
    ? readdirSync(path, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name)
        .sort()
    : [];

/**
 * The packages under `root` that have a package.json.
 * @param {string} root
 * @returns {WorkspacePackage[]}
 */
export function readWorkspace(root) {
  const folders = [
    ...subfolders(join(root, 'packages')).map((name) => ({ folder: `packages/${name}`, kind: 'package' })),
    ...subfolders(join(root, 'apps')).map((name) => ({ folder: `apps/${name}`, kind: 'app' })),
    { folder: 'bench', kind: 'bench' },
  ];
  return folders
    .filter(({ folder }) => existsSync(join(root, folder, 'package.json')))
    .map(({ folder, kind }) => ({
      folder,
      kind: /** @type {WorkspacePackage['kind']} */ (kind),
      manifest: JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')),
    }));
}

const skipped = new Set(['node_modules', 'dist', 'build', 'generated', 'out', '.turbo', '.cache', '.peers']);

/**
 * Source files below `folder`, generated and built ones left out, relative to it with `/`.
 * @param {string} folder
 * @param {RegExp} pattern
 * @returns {string[]}
 */
export function listFiles(folder, pattern) {
  if (!existsSync(folder)) return [];
  const walk = (path) =>
    readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
      if (entry.isDirectory()) return skipped.has(entry.name) ? [] : walk(join(path, entry.name));
      return pattern.test(entry.name) ? [join(path, entry.name)] : [];
    });
  return walk(folder)
    .map((path) => relative(folder, path).split(sep).join('/'))
    .sort();
}

/** What an installed copy of the package brings along. */
export const runtimeDependencies = ({ dependencies, peerDependencies, optionalDependencies }) => ({
  ...dependencies,
  ...peerDependencies,
  ...optionalDependencies,
});
