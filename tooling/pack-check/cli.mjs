// Packs every published package, installs the tarballs in a folder of their own and looks at what users would get.
// `--update` writes the snapshot of exported names; `--dir <folder>` keeps the installation for other checks.
import { readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../bootstrap/paths.mjs';
import { bundleForBrowser } from './browser-bundle.mjs';
import { compareExports } from './exports-snapshot.mjs';
import { importAll, runCommands } from './imported.mjs';
import {
  installedManifest,
  moduleSubpaths,
  packAndInstall,
  publishedPackages,
  tarballOf,
} from './packed.mjs';
import { checkTarball } from './tarball.mjs';
import { withPackedFolder } from './workdir.mjs';

const snapshotFile = fileURLToPath(new URL('exports.snapshot.json', import.meta.url));
/** Native by nature: they serve Node, Bun and Deno only. */
const notForBrowsers = new Set(['@lutra/backend-faiss']);
const secrets = [root, homedir()].map((path) => path + sep);

async function checkPackage(dir, pkg, names) {
  const subpaths = moduleSubpaths(installedManifest(dir, pkg.name));
  const hasApi = Object.values(names).some((list) => list.length > 0);
  const problems = await checkTarball(tarballOf(dir, pkg), secrets, {
    hasApi,
    hasModules: subpaths.length > 0,
  });
  let size = '';
  if (subpaths.includes('.') && !notForBrowsers.has(pkg.name)) {
    const bundle = await bundleForBrowser(dir, pkg.name);
    problems.push(...bundle.problems);
    size = `  browser ${bundle.gzipKiB.toFixed(1)} KiB gzip`;
  }
  const count = Object.values(names).reduce((sum, list) => sum + list.length, 0);
  console.log(`${pkg.name.padEnd(22)} ${String(count).padStart(3)} exports${size}`);
  return problems.map((problem) => `${pkg.name}: ${problem}`);
}

async function check(dir) {
  await packAndInstall(dir);
  const { names, problems } = await importAll(dir);
  if (process.argv.includes('--update')) writeFileSync(snapshotFile, `${JSON.stringify(names, null, 2)}\n`);
  const changes = compareExports(JSON.parse(readFileSync(snapshotFile, 'utf8')), names);
  problems.push(...changes);
  if (changes.length > 0)
    problems.push('if that is meant: npm run check:pack -- --update, and add a changeset');
  problems.push(...(await runCommands(dir)));
  for (const pkg of publishedPackages())
    problems.push(...(await checkPackage(dir, pkg, names[pkg.name] ?? {})));
  return problems;
}

const problems = await withPackedFolder(check);
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
