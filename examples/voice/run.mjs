// The main job, end to end, on the speech features of this folder: .npy files in, faiss index files out, searched,
// measured against exact search, and blended into a clip.
import { mkdir, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { exactSearch, recallAtK } from '@lutra/metrics';
import { readRows } from '@lutra/npy';
import { openNpyFile, openNpyFolder } from '@lutra/npy/node';
import { blendFile, trainRvcIndex } from '@lutra/rvc/node';
import Table from 'cli-table3';
import { isLutraError } from 'lutra';
import { readIndexFile } from 'lutra/node';
import { Steps } from './progress.mjs';

const K = 10;
const FACTORIES = ['IVF{n},Flat', 'IVF{n},PQ128x4fs,RFlat'];
const NPROBES = [1, 4, 16];
const KFACTORS = [1, 4, 10];
const BLEND = { k: 8, indexRate: 0.75, parameters: { nprobe: 4 } };

const here = import.meta.dirname;
const root = resolve(here, '../..');
const outDir = join(root, 'out/voice');
const name = (path) => relative(process.cwd(), path) || '.';
const count = (n) => n.toLocaleString('en-US');
const megabytes = (n) => `${(n / 1e6).toFixed(1)} MB`;
const steps = new Steps();

async function main() {
  const began = performance.now();
  await mkdir(outDir, { recursive: true });
  console.log('1. Read the features, train the indexes and fill them');
  const report = await train();

  const held = await openNpyFolder(join(here, 'held-out'));
  console.log(`\n2. Search ${count(held.shape[0])} held-out frames, recall@${K} against exact search`);
  const queries = await readRows(held);
  const base = await openNpyFile(report.totalFea);
  const truth = await exactSearch(base, queries, { d: report.d, k: K, onProgress: steps.show });
  steps.done();
  console.log(await measure(report.indexes, queries, truth));
  console.log(
    '   One query a call, one thread. RFlat compares k · kFactor candidates again by their exact vectors.',
  );

  const { k, indexRate, parameters } = BLEND;
  console.log(
    `\n3. Blend a clip with its neighbours: k ${k}, weights 1/d², index rate ${indexRate}, nprobe ${parameters.nprobe}`,
  );
  const clip = join(here, 'held-out', held.files[0].name);
  const blended = join(outDir, `blended_${held.files[0].name}`);
  const { frames, exactFrames, emptyFrames } = await blendFile(report.indexes[0].added, clip, blended, BLEND);
  console.log(`   ${name(clip)}, ${count(frames)} frames → ${name(blended)}`);
  console.log(`   ${exactFrames} of them stored exactly, ${emptyFrames} without a neighbour; all finite`);

  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const peak = process.resourceUsage().maxRSS * 1024;
  console.log(`\nDone in ${seconds} s, ${megabytes(peak)} of memory at most.`);
  console.log(nextSteps(report, clip, blended));
}

/** `trained_…` and `added_…` files of each factory string, and `total_fea.npy`. */
async function train() {
  const report = await trainRvcIndex(here, {
    factories: FACTORIES,
    outDir,
    shuffle: false, // total_fea.npy then keeps the order of the files
    onProgress: steps.show,
  });
  steps.done();
  const { frames, d, files, version } = report;
  console.log(
    `   ${count(frames)} frames of ${d} dimensions (${version}) from ${files} files → ${name(outDir)}/`,
  );
  const table = plainTable(['file', 'size', 'seconds'], ['left', 'right', 'right']);
  const row = async (path, seconds) => [
    relative(outDir, path),
    megabytes((await stat(path)).size),
    seconds?.toFixed(2) ?? '',
  ];
  table.push(await row(report.totalFea));
  for (const { trained, added, trainSeconds, addSeconds } of report.indexes) {
    table.push(await row(trained, trainSeconds), await row(added, addSeconds));
  }
  console.log(table.toString());
  return report;
}

/** One row a setting: what it finds, how fast, from how large a file. */
async function measure(indexes, queries, truth) {
  const head = ['factory string', 'nprobe', 'kFactor', `recall@${K}`, 'queries/s', 'file bytes'];
  const table = plainTable(head, ['left', 'right', 'right', 'right', 'right', 'right']);
  for (const { factory, added } of indexes) {
    const index = await readIndexFile(added);
    const size = count((await stat(added)).size);
    const kFactors = index.parameters.kFactor ? KFACTORS : [undefined];
    for (const nprobe of NPROBES) {
      for (const kFactor of kFactors) {
        const { found, seconds } = timedSearch(index, queries, kFactor ? { nprobe, kFactor } : { nprobe });
        const recall = recallAtK(found, truth, { k: K }).toFixed(4);
        const speed = count(Math.round(found.nq / seconds));
        table.push([factory, nprobe, kFactor ?? '', recall, speed, size]);
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

/** The same by hand. */
function nextSteps({ indexes, totalFea }, clip, blended) {
  const [flat, refined] = indexes.map(({ added }) => name(added));
  const lutra = `node ${name(join(root, 'apps/cli/dist/main.js'))}`;
  const factories = FACTORIES.map((factory) => `-f '${factory}'`).join(' ');
  const kFactors = KFACTORS.join(',');
  const queries = join(outDir, 'held-out.npy');
  return `
Next: the same with the command line, where "lutra" is
  ${lutra}

  lutra rvc train ${name(here)} ${factories} --no-shuffle -o ${name(outDir)}
  lutra inspect ${refined}
  lutra convert ${name(join(here, 'held-out'))} ${name(queries)}
  lutra eval ${refined} ${name(queries)} --base ${name(totalFea)} --nprobe ${NPROBES} --k-factor ${kFactors}
  lutra rvc blend ${flat} ${name(clip)} --nprobe ${BLEND.parameters.nprobe} -o ${name(blended)}
`;
}

/** Columns without rules around them. */
function plainTable(head, colAligns) {
  const none = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };
  const sides = { left: '  ', right: '', middle: ' ' };
  const top = { top: '', 'top-left': '', 'top-mid': '', 'top-right': '' };
  const bottom = { bottom: '', 'bottom-left': '', 'bottom-mid': '', 'bottom-right': '' };
  const chars = { ...none, ...sides, ...top, ...bottom };
  const style = { head: process.stdout.isTTY ? ['bold'] : [], border: [] };
  return new Table({ head, colAligns, chars, style });
}

try {
  await main();
} catch (e) {
  steps.done();
  console.error(isLutraError(e) ? `\n${e.message}` : e);
  process.exitCode = isLutraError(e) ? 2 : 70;
}
