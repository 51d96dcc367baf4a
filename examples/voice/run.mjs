// The main job, end to end, on the speech features of this folder: .npy files in, faiss index files out, searched,
// measured against exact search, and blended into a clip.
import { mkdir, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { exactSearch, recallAtK } from '@lutra/metrics';
import { readRows } from '@lutra/npy';
import { openNpyFile, openNpyFolder, writeNpyFile } from '@lutra/npy/node';
import { blendFeatures, versionFor } from '@lutra/rvc';
import { trainRvcIndex } from '@lutra/rvc/node';
import Table from 'cli-table3';
import { isLutraError } from 'lutra';
import { readIndexFile } from 'lutra/node';
import { Steps } from './progress.mjs';

const K = 10;
const FACTORIES = ['IVF{n},Flat', 'IVF{n},PQ128x4fs,RFlat'];
const here = import.meta.dirname;
const outDir = resolve(here, '../../out/voice');
const name = (path) => relative(process.cwd(), path) || '.';
const count = (n) => n.toLocaleString('en-US');
const steps = new Steps();

async function main() {
  await mkdir(outDir, { recursive: true });
  const held = await openNpyFolder(join(here, 'held-out'));
  const version = versionFor(held.shape[1]);

  console.log('\n1. Read the features, train and fill the indexes');
  const report = await trainRvcIndex(here, {
    version,
    factories: FACTORIES,
    outDir,
    shuffle: false, // total_fea.npy then keeps the order of the files
    onProgress: steps.show,
  });
  steps.done();
  console.log(`   ${count(report.frames)} frames of ${report.d} dimensions from ${report.files} files`);
  console.log(`   ${name(report.totalFea)}`);
  for (const files of report.indexes) {
    const seconds = `trained in ${files.trainSeconds.toFixed(1)} s, filled in ${files.addSeconds.toFixed(1)} s`;
    console.log(`   ${name(files.trained)}\n   ${name(files.added)}   (${seconds})`);
  }

  console.log(`\n2. Search ${count(held.shape[0])} held-out frames, recall@${K} against exact search`);
  const queries = await readRows(held);
  const base = await openNpyFile(report.totalFea);
  const truth = await exactSearch(base, queries, { d: report.d, k: K, onProgress: steps.show });
  steps.done();
  console.log(await measure(report.indexes, queries, truth));

  console.log('\n3. Blend a clip with what the index finds (k = 8, weights 1/d², index rate 0.75)');
  const clip = await readRows(await openNpyFile(join(here, 'held-out', held.files[0].name)));
  const index = await readIndexFile(report.indexes[0].added);
  const blended = await blendFeatures(index, clip, { k: 8, indexRate: 0.75, parameters: { nprobe: 4 } });
  const path = join(outDir, `blended_${held.files[0].name}`);
  await writeNpyFile(path, { shape: [blended.frames, report.d], data: blended.features });
  console.log(`   ${count(blended.frames)} frames of ${held.files[0].name} → ${name(path)}\n`);
}

/** One row a setting: what it finds, how fast, from how large a file. */
async function measure(indexes, queries, truth) {
  const head = ['factory string', 'nprobe', 'kFactor', `recall@${K}`, 'queries/s', 'file bytes'];
  const table = new Table({
    head,
    style: { head: [], border: [] },
    colAligns: ['left', ...Array(5).fill('right')],
  });
  for (const { factory, added } of indexes) {
    const index = await readIndexFile(added);
    const { size } = await stat(added);
    const kFactors = index.parameters.kFactor ? [1, 4, 10] : [undefined];
    for (const nprobe of [1, 4, 16]) {
      for (const kFactor of kFactors) {
        const parameters = kFactor ? { nprobe, kFactor } : { nprobe };
        const { found, seconds } = timedSearch(index, queries, parameters);
        const recall = recallAtK(found, truth, K).toFixed(4);
        table.push([
          factory,
          nprobe,
          kFactor ?? '',
          recall,
          count(Math.round(found.nq / seconds)),
          count(size),
        ]);
      }
    }
    index.dispose();
  }
  return table.toString();
}

/** The median time of five rounds, one query a call as a live conversion asks. */
function timedSearch(index, queries, parameters) {
  const rounds = [1, 2, 3, 4, 5].map(() => {
    const start = performance.now();
    for (let at = 0; at < queries.length; at += index.d) {
      index.searchSync(queries.subarray(at, at + index.d), K, parameters);
    }
    return (performance.now() - start) / 1000;
  });
  const found = index.searchSync(queries, K, parameters);
  return { found, seconds: rounds.sort((a, b) => a - b)[2] };
}

try {
  await main();
} catch (e) {
  steps.done();
  console.error(isLutraError(e) ? `\n${e.message}` : e);
  process.exitCode = isLutraError(e) ? 2 : 70;
}
