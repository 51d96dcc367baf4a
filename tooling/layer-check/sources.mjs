import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, posix } from 'node:path';
import ts from 'typescript';
import { maxLines } from './layers.mjs';
import { listFiles, runtimeDependencies } from './workspace.mjs';

/** @typedef {import('./workspace.mjs').WorkspacePackage} WorkspacePackage */

const builtins = new Set(builtinModules);
const isBuiltin = (specifier) => specifier.startsWith('node:') || builtins.has(specifier.split('/')[0]);
const packageOf = (specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');

/** Files that only Node loads: the entry of the `./node` subpath, where there is one, and what is made for it. */
const isNodeFile = (path, { exports = {} }) =>
  path.startsWith('src/node/') || (path === 'src/node.ts' && './node' in exports);

/** Static, re-exported, dynamic and type imports of a source text. */
const importsOf = (text) => [
  ...new Set(ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName)),
];

function checkRelative(file, specifier) {
  const target = posix.join(posix.dirname(file), specifier);
  if (!target.startsWith('src/') && target !== 'package.json')
    return `imports ${specifier}, which is outside of its src`;
  return undefined;
}

/** Why `specifier` must not be imported by `file` of `kind`, or undefined. */
function checkImport(file, specifier, { manifest, kind }) {
  const guarded = kind === 'package' && !isNodeFile(file, manifest);
  if (specifier.startsWith('.')) {
    const target = posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts');
    if (guarded && isNodeFile(target, manifest)) return `imports ${specifier}, which is for Node only`;
    return checkRelative(file, specifier);
  }
  if (isBuiltin(specifier))
    return guarded ? `imports ${specifier} outside of src/node.ts and src/node/` : undefined;
  if (specifier.startsWith('#')) {
    return manifest.imports?.[specifier]
      ? undefined
      : `imports ${specifier}, which package.json does not map`;
  }
  const name = packageOf(specifier);
  if (name !== manifest.name && !(name in runtimeDependencies(manifest))) {
    return `imports ${specifier}, but package.json does not declare ${name} as a runtime dependency`;
  }
  const nodeOnly = name.includes('lutra') && specifier === `${name}/node`;
  return guarded && nodeOnly ? `imports ${specifier} outside of src/node.ts and src/node/` : undefined;
}

/**
 * Imports of `src` that are undeclared, or that would carry Node into a browser bundle.
 * @param {string} root
 * @param {WorkspacePackage} pkg
 * @returns {string[]}
 */
export function checkImports(root, pkg) {
  const base = join(root, pkg.folder);
  return listFiles(join(base, 'src'), /\.[mc]?[jt]sx?$/).flatMap((name) => {
    const file = `src/${name}`;
    return importsOf(readFileSync(join(base, file), 'utf8'))
      .map((specifier) => checkImport(file, specifier, pkg))
      .filter((problem) => problem !== undefined)
      .map((problem) => `${pkg.folder}/${file}: ${problem}`);
  });
}

/**
 * Source files that have outgrown the limit. Tests and generated files may be longer.
 * @param {string} root
 * @param {string} folder
 * @returns {string[]}
 */
export function checkSizes(root, folder) {
  const base = join(root, folder);
  return listFiles(base, /\.([mc]?[jt]sx?|py)$/)
    .filter((file) => !/(^|\/)(test|fixtures)\//.test(file))
    .flatMap((file) => {
      const lines = readFileSync(join(base, file), 'utf8').trimEnd().split('\n').length;
      return lines > maxLines ? [`${folder}/${file}: ${lines} lines, at most ${maxLines}`] : [];
    });
}
