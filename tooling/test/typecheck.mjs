// Checks the types of every workspace. What has the same compiler options is one
// program: the sources that packages share, and the declarations of their dependencies, are read and checked once instead
// of once a package. `tsc --noEmit` in a package gives the same for that package.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from '../bootstrap/paths.mjs';
import { readWorkspace } from '../layer-check/workspace.mjs';

const host = {
  getCanonicalFileName: (name) => name,
  getCurrentDirectory: () => root,
  getNewLine: () => '\n',
};

/** @param {readonly ts.Diagnostic[]} found */
function report(found) {
  if (found.length === 0) return;
  process.exitCode = 1;
  console.error(ts.formatDiagnostics(found, host));
}

/** The tsconfig.json of each workspace that asks for a check, and of the root. */
const configs = [
  join(root, 'tsconfig.json'),
  ...readWorkspace(root)
    .filter(({ manifest }) => manifest.scripts?.typecheck)
    .map(({ folder }) => join(root, folder, 'tsconfig.json')),
];

/** @type {Map<string, { options: ts.CompilerOptions, files: string[], configs: number }>} */
const programs = new Map();
for (const path of configs) {
  if (!existsSync(path))
    throw new Error(`${path}: not there, and the package.json beside it has a script typecheck`);
  const parsed = ts.getParsedCommandLineOfConfigFile(
    path,
    { noEmit: true },
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: (found) => report([found]),
    },
  );
  if (!parsed) continue;
  report(parsed.errors);
  const { configFilePath: _, ...rest } = parsed.options;
  const key = JSON.stringify(rest);
  const same = programs.get(key);
  if (same) {
    same.files.push(...parsed.fileNames);
    same.configs++;
  } else programs.set(key, { options: parsed.options, files: [...parsed.fileNames], configs: 1 });
}

for (const { options, files, configs: shared } of programs.values()) {
  const program = ts.createProgram(files, options);
  report(ts.sortAndDeduplicateDiagnostics(ts.getPreEmitDiagnostics(program)));
  if (shared === 1) continue;
  // what one package declared for all would be seen by the others too
  for (const name of files) {
    const file = program.getSourceFile(name);
    if (file && (!ts.isExternalModule(file) || /^\s*declare (global|module)\b/m.test(file.text))) {
      process.exitCode = 1;
      console.error(`${name}: declares for every file; its package needs compiler options of its own`);
    }
  }
}
console.log(`${configs.length} workspaces in ${programs.size} programs`);
