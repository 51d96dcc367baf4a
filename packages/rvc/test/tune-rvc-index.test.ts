import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isLutraError } from '@lutra/core';
import { exactSearch } from '@lutra/metrics';
import { openNpyFile, openNpyFolder, writeNpyFile } from '@lutra/npy/node';
import { exactByBackend } from '@lutra/tune';
import { readTuneRecord } from '@lutra/tune/node';
import { ts } from 'lutra';
import { readIndexFile } from 'lutra/node';
import { describe, expect, it } from 'vitest';
import { voiceSample } from '../src/node/voice-sample.js';
import { reportRvcIndex, trainRvcIndex } from '../src/node.js';
import { useWorkspace } from './workspace.js';

const D = 256;
const FILES = 12;
const PER_FILE = 100;
const ws = useWorkspace();

/** Files of frames that drift slowly, as speech does: neighbours in time are nearest neighbours. */
async function experiment(): Promise<string> {
  const folder = ws.path('voice');
  await mkdir(join(folder, '3_feature256'), { recursive: true });
  let state = 1;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const sounds = Array.from({ length: 30 }, () => Float64Array.from({ length: D }, random));
  for (let file = 0; file < FILES; file++) {
    const data = new Float32Array(PER_FILE * D);
    for (let i = 0; i < PER_FILE; i++) {
      const sound = sounds[Math.floor((random() + 0.5) * 30)]!;
      for (let j = 0; j < D; j++) data[i * D + j] = 0.4 * sound[j]! + random() + 0.01 * file;
    }
    await writeNpyFile(join(folder, `3_feature256/0_${file}.npy`), { shape: [PER_FILE, D], data });
  }
  return folder;
}

describe('voiceSample', () => {
  it('asks frames of whole files and counts none of their frames as neighbours', async () => {
    const folder = await experiment();
    const features = await openNpyFolder(join(folder, '3_feature256'));
    await trainRvcIndex(folder, { factories: ['Flat'] });
    const rows = await openNpyFile(join(folder, 'total_fea.npy'));
    const sample = await voiceSample(features, rows, { k: 8, seed: 1, exact: exactByBackend(ts()) });
    expect([sample.files, sample.ofFiles, sample.queries.length / D]).toEqual([1, FILES, PER_FILE]);
    const { filter, groundTruth, queries } = sample;
    const gone = filter?.kind === 'not' && filter.selector.kind === 'list' ? filter.selector.ids : [];
    expect(gone.length).toBe(PER_FILE);
    const index = await readIndexFile(
      join(folder, (await readdir(folder)).find((f) => f.startsWith('added_'))!),
    );
    // every query is stored, and left out of its own results by the filter
    const itself = await index.search(queries, 1);
    expect([...itself.labels].every((label) => Array.from(gone).includes(label))).toBe(true);
    const found = await index.search(queries, 8, { filter: filter! });
    expect([...found.labels]).toEqual([...groundTruth.labels]);
    const whole = await exactSearch(rows, queries, { d: D, k: 8 });
    expect([...whole.labels]).not.toEqual([...groundTruth.labels]);
    index.dispose();
  });
});

describe('trainRvcIndex with a recall to reach', () => {
  it('stores the measured nprobe in both files and their names, and a record beside', async () => {
    const folder = await experiment();
    const { indexes } = await trainRvcIndex(folder, { targetRecall: 0.6 });
    const { added, trained, tuned } = indexes[0]!;
    expect(tuned!.reached).toBe(true);
    const index = await readIndexFile(added);
    const nprobe = index.parameters.nprobe!;
    expect(nprobe).toBeGreaterThan(1);
    expect(added).toMatch(new RegExp(`added_IVF30_Flat_nprobe_${nprobe}_voice_v1.index$`));
    const empty = await readIndexFile(trained);
    expect([empty.ntotal, empty.isTrained, empty.parameters]).toEqual([0, true, { nprobe }]);
    const record = await readTuneRecord(`${added}.tune.json`);
    expect(record).toMatchObject({ k: 8, reached: true, target: { recall: 0.6 } });
    expect(record.chosen!.recallLow).toBeGreaterThanOrEqual(0.6);
    expect((await readdir(folder)).length).toBe(5);
    index.dispose();
    empty.dispose();
  });

  it('refuses it together with nprobe, or out of range', async () => {
    const folder = await experiment();
    for (const options of [{ targetRecall: 0.9, nprobe: 4 }, { targetRecall: 0 }, { targetRecall: 1.5 }]) {
      const e = await trainRvcIndex(folder, options).catch((caught: unknown) => caught);
      expect(isLutraError(e, 'ARGUMENT')).toBe(true);
    }
    expect(await readdir(folder)).toEqual(['3_feature256']);
  });
});

describe('reportRvcIndex', () => {
  it('measures what the index gives without changing it, with total_fea.npy or without', async () => {
    const folder = await experiment();
    const { indexes, totalFea } = await trainRvcIndex(folder);
    const names = await readdir(folder);
    const options = { targetRecall: 0.6, timeBudgetSeconds: 5 };
    const report = await reportRvcIndex(folder, options);
    expect(report.path).toBe(indexes[0]!.added);
    expect(report.record.before.parameters).toEqual({ nprobe: 1 });
    expect(report.record.before.recall).toBeLessThan(report.chosen.recall);
    expect([report.reached, report.heldOutFiles, report.ofFiles]).toEqual([true, 1, FILES]);
    await rm(totalFea!);
    const again = await reportRvcIndex(folder, options);
    expect(again.record.before.recall).toBe(report.record.before.recall);
    expect(await readdir(folder)).toEqual(names.filter((name) => name !== 'total_fea.npy'));
  });

  it('wants one index, and vectors to compare with', async () => {
    const folder = await experiment();
    const none = await reportRvcIndex(folder).catch((e: unknown) => e);
    expect(isLutraError(none, 'ARGUMENT') && none.message).toContain('has no added_….index');
    await trainRvcIndex(folder, { factories: ['Flat', 'IVF4,PQ16x4fs'], rules: '2.3' });
    const two = await reportRvcIndex(folder).catch((e: unknown) => e);
    expect(isLutraError(two, 'ARGUMENT') && two.message).toContain('has 2 added_….index files');
    const codes = join(folder, (await readdir(folder)).find((name) => /^added_.*PQ/.test(name))!);
    const lossy = await reportRvcIndex(folder, { index: codes }).catch((e: unknown) => e);
    expect(isLutraError(lossy, 'UNSUPPORTED')).toBe(true);
  });
});
