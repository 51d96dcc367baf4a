// Imports every public subpath and runs every command of the packed packages under another Node: --node <binary> [--dir <folder>].
import { importAll, runCommands } from './imported.mjs';
import { packAndInstall } from './packed.mjs';
import { withPackedFolder } from './workdir.mjs';

const node = process.argv[process.argv.indexOf('--node') + 1];

const problems = await withPackedFolder(async (dir) => {
  await packAndInstall(dir);
  return [...(await importAll(dir, node)).problems, ...(await runCommands(dir, node))];
});
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
