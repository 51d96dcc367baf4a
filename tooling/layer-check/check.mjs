import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkArrows, checkCycles, checkDecided } from './arrows.mjs';
import { checkImports, checkSizes } from './sources.mjs';
import { readWorkspace } from './workspace.mjs';

/**
 * Holds the workspace under `root` against its layers: arrows between packages, declared imports, Node kept out of
 * browser code, file sizes, and a decision for each runtime dependency.
 * @param {string} root
 * @returns {{ packages: number, problems: string[] }}
 */
export function checkLayers(root) {
  const workspace = readWorkspace(root);
  const decision = join(root, 'docs/decisions/0004-dependencies.md');
  const problems = [
    ...checkArrows(workspace),
    ...checkCycles(workspace),
    ...checkDecided(workspace, existsSync(decision) ? readFileSync(decision, 'utf8') : ''),
    ...workspace.flatMap((pkg) => checkImports(root, pkg)),
    ...[...workspace.map(({ folder }) => folder), 'tooling', 'examples'].flatMap((folder) =>
      checkSizes(root, folder),
    ),
  ];
  return { packages: workspace.length, problems };
}
