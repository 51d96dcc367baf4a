// Runs every runnable block of the documents with the packages installed from their tarballs.
// Code that a document takes from a file is compared with it first; `--update` writes it and does nothing else.
// `--dir <folder>`: where they are installed (else a temporary folder); `--node <binary>`: the Node to run under.
import { join } from 'node:path';
import { root } from '../bootstrap/paths.mjs';
import { packAndInstall } from '../pack-check/packed.mjs';
import { withPackedFolder } from '../pack-check/workdir.mjs';
import { readDocuments } from './documents.mjs';
import { checkIncluded } from './included.mjs';
import { runBlock } from './run-block.mjs';

const at = process.argv.indexOf('--node');
const node = at < 0 ? process.execPath : process.argv[at + 1];

async function runDocuments(dir) {
  await packAndInstall(dir);
  let [count, failed] = [0, 0];
  const documents = readDocuments(root);
  for (const { document, blocks } of documents) {
    const cwd = join(dir, `examples-${process.pid}`, document.replaceAll('/', '-'));
    for (const block of blocks) {
      const problem = await runBlock(block, cwd, { node, bin: join(dir, 'node_modules', '.bin') });
      count++;
      if (problem === undefined) continue;
      failed++;
      console.error(`${document}:${block.line}: ${problem}`);
    }
  }
  console.log(`${count} examples of ${documents.length} documents run, ${failed} failed`);
  return failed;
}

const update = process.argv.includes('--update');
const drifted = checkIncluded(root, { update });
for (const problem of drifted) console.error(problem);
const failed = update ? 0 : await withPackedFolder(runDocuments);
if (drifted.length > 0 || failed > 0) process.exitCode = 1;
