import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../bootstrap/run.mjs';
import { installedManifest, moduleSubpaths, publishedPackages } from './packed.mjs';

/**
 * The names that every public subpath gives when imported in `node`, from the installed tarballs.
 * @param {string} dir
 * @param {string} node - the Node binary
 * @returns {Promise<{ names: import('./exports-snapshot.mjs').ExportsSnapshot, problems: string[] }>}
 */
export async function importAll(dir, node = process.execPath) {
  const script = join(dir, 'import-all.mjs');
  copyFileSync(fileURLToPath(new URL('import-all.mjs', import.meta.url)), script);
  const wanted = Object.fromEntries(
    publishedPackages().map(({ name }) => [name, moduleSubpaths(installedManifest(dir, name))]),
  );
  const { code, output } = await run(node, [script, JSON.stringify(wanted)], { cwd: dir });
  if (code !== 0) throw new Error(`importing the installed packages failed:\n${output}`);
  return JSON.parse(output.trim().split('\n').at(-1) ?? '');
}

/**
 * Commands of the installed packages that do not answer `--help`.
 * @param {string} dir
 * @param {string} node - the Node binary
 * @returns {Promise<string[]>}
 */
export async function runCommands(dir, node = process.execPath) {
  const problems = [];
  for (const { name } of publishedPackages()) {
    const { bin = {} } = installedManifest(dir, name);
    for (const [command, path] of Object.entries(typeof bin === 'string' ? { [name]: bin } : bin)) {
      const { code, output } = await run(node, [join(dir, 'node_modules', name, path), '--help'], {
        cwd: dir,
      });
      if (code !== 0) problems.push(`${name}: ${command} --help ended with ${code}:\n${output}`);
    }
  }
  return problems;
}
