import { developmentOnly, layers } from './layers.mjs';
import { runtimeDependencies } from './workspace.mjs';

/** @typedef {import('./workspace.mjs').WorkspacePackage} WorkspacePackage */

/**
 * Arrows between packages that do not point to a strictly lower layer.
 * @param {WorkspacePackage[]} workspace
 * @returns {string[]} one sentence a violation
 */
export function checkArrows(workspace) {
  const names = new Set(workspace.map(({ manifest }) => manifest.name));
  return workspace.flatMap(({ folder, kind, manifest }) => {
    if (kind !== 'package') return [];
    const own = layers[manifest.name];
    if (own === undefined)
      return [`${folder}: ${manifest.name} has no layer in tooling/layer-check/layers.mjs`];
    return Object.keys(runtimeDependencies(manifest)).flatMap((name) => {
      if (!names.has(name) && layers[name] === undefined) return [];
      if (developmentOnly.includes(name))
        return [`${folder}: ${name} is for tests, list it in devDependencies`];
      const theirs = layers[name] ?? Number.POSITIVE_INFINITY;
      if (theirs < own) return [];
      const direction = theirs === own ? 'sideways' : 'upwards';
      return [`${folder}: layer ${own} depends ${direction} on ${name}, layer ${theirs}`];
    });
  });
}

/**
 * Cycles over all dependencies, those for development included: a build in order of dependencies needs none.
 * @param {WorkspacePackage[]} workspace
 * @returns {string[]}
 */
export function checkCycles(workspace) {
  const byName = new Map(workspace.map(({ manifest }) => [manifest.name, manifest]));
  const state = new Map();
  const problems = [];
  const visit = (name, path) => {
    if (state.get(name) === 'done') return;
    if (state.get(name) === 'open') {
      problems.push(`cycle: ${[...path.slice(path.indexOf(name)), name].join(' → ')}`);
      return;
    }
    state.set(name, 'open');
    const manifest = byName.get(name);
    for (const next of Object.keys({ ...runtimeDependencies(manifest), ...manifest.devDependencies })) {
      if (byName.has(next)) visit(next, [...path, name]);
    }
    state.set(name, 'done');
  };
  for (const name of byName.keys()) visit(name, []);
  return problems;
}

/**
 * Runtime dependencies from the registry that `decision`, the text of the dependency decision, does not name.
 * @param {WorkspacePackage[]} workspace
 * @param {string} decision
 * @returns {string[]}
 */
export function checkDecided(workspace, decision) {
  const names = new Set([...workspace.map(({ manifest }) => manifest.name), ...Object.keys(layers)]);
  return workspace
    .filter(({ kind }) => kind !== 'bench')
    .flatMap(({ folder, manifest }) =>
      Object.keys(runtimeDependencies(manifest))
        .filter((name) => !names.has(name) && !decision.includes(`\`${name}\``))
        .map(
          (name) => `${folder}: runtime dependency ${name} has no row in docs/decisions/0004-dependencies.md`,
        ),
    );
}
