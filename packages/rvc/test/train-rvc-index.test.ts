import { createHash } from 'node:crypto';
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Progress } from '@lutra/core';
import { decodeNpy } from '@lutra/npy';
import { readNpyFile } from '@lutra/npy/node';
import { randPerm } from 'lutra';
import { readIndexFile } from 'lutra/node';
import { describe, expect, it } from 'vitest';
import { blendFile, trainRvcIndex } from '../src/node.js';
import { frames, useWorkspace, writeFeatures } from './workspace.js';

const ws = useWorkspace();
const D = 256;

/** Files whose code-point order differs from counting and from UTF-16. Row i of the whole starts with the number i. */
async function numbered(experiment: string, d = D): Promise<string> {
  const order = ['0_0', '0_1', '0_10', '0_2', '10_0', '1_0', 'ä_0', '\ufffd_0', '😀_0'];
  const rows = frames(order.length * 20, d, 11);
  for (let i = 0; i < rows.length / d; i++) rows[i * d] = i;
  const files = order.map((name, i) => [`${name}.npy`, rows.slice(i * 20 * d, (i + 1) * 20 * d)] as const);
  // written backwards: the order must come from the names
  return writeFeatures(experiment, d, Object.fromEntries(files.reverse()));
}

async function firstColumn(path: string): Promise<number[]> {
  const { data, shape } = decodeNpy(await readFile(path));
  const d = shape[1]!;
  return Array.from({ length: shape[0]! }, (_, i) => Number(data[i * d]));
}

async function hashes(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('3_')).sort();
  const pairs = names.map(async (name) => {
    const bytes = await readFile(join(folder, name));
    return [name, createHash('sha256').update(bytes).digest('hex')] as const;
  });
  return Object.fromEntries(await Promise.all(pairs));
}

describe('trainRvcIndex', () => {
  for (const [version, d] of [
    ['v1', 256],
    ['v2', 768],
  ] as const) {
    it(`builds what RVC builds from ${version} features`, async () => {
      const exp = await numbered(ws.path('mi-voz'), d);
      const report = await trainRvcIndex(exp, { shuffle: false });
      expect(report).toMatchObject({
        version,
        frames: 180,
        dropped: 0,
        files: 9,
        d,
        rows: 180,
        reduced: false,
      });
      expect((await readdir(exp)).sort()).toEqual([
        `3_feature${d}`,
        `added_IVF4_Flat_nprobe_1_mi-voz_${version}.index`,
        'total_fea.npy',
        `trained_IVF4_Flat_nprobe_1_mi-voz_${version}.index`,
      ]);
      const [index] = report.indexes;
      const trained = await readIndexFile(index!.trained);
      expect([trained.isTrained, trained.ntotal, trained.metric]).toEqual([true, 0, 'l2']);
      const added = await readIndexFile(index!.added);
      expect([added.ntotal, added.d, added.parameters.nprobe]).toEqual([180, d, 1]);
      const total = await readNpyFile(report.totalFea!);
      expect([total.shape, total.dtype]).toEqual([[180, d], '<f4']);
      expect(await added.reconstruct(Array.from({ length: 180 }, (_, i) => i))).toEqual(total.data);
    });
  }

  it('reads files in order of code points, and keeps it without the shuffle', async () => {
    const exp = await numbered(ws.path('exp'));
    const { totalFea } = await trainRvcIndex(exp, { shuffle: false });
    expect(await firstColumn(totalFea!)).toEqual(Array.from({ length: 180 }, (_, i) => i));
  });

  it('shuffles by the seed: the same rows in another order', async () => {
    const exp = await numbered(ws.path('exp'));
    const { totalFea } = await trainRvcIndex(exp, { seed: 7 });
    expect(await firstColumn(totalFea!)).toEqual([...randPerm(180, 7)]);
  });

  it('the same seed gives the same bytes, another seed others', async () => {
    const exp = await numbered(ws.path('exp'));
    const factories = ['IVF{n},Flat', 'IVF{n},PQ64x4fs,RFlat'];
    await trainRvcIndex(exp, { factories, nprobe: 2 });
    const first = await hashes(exp);
    expect(Object.keys(first)).toEqual([
      'added_IVF4_Flat_nprobe_2_exp_v1.index',
      'added_IVF4_PQ64x4fs_RFlat_nprobe_2_exp_v1.index',
      'total_fea.npy',
      'trained_IVF4_Flat_nprobe_2_exp_v1.index',
      'trained_IVF4_PQ64x4fs_RFlat_nprobe_2_exp_v1.index',
    ]);
    await trainRvcIndex(exp, { factories, nprobe: 2 });
    expect(await hashes(exp)).toEqual(first);
    await trainRvcIndex(exp, { factories, nprobe: 2, seed: 5 });
    const other = await hashes(exp);
    for (const name of Object.keys(first)) expect(other[name]).not.toBe(first[name]);
  });

  it('passes over what is no .npy file, and says so', async () => {
    const exp = await numbered(ws.path('exp'));
    await writeFile(join(exp, '3_feature256/.DS_Store'), 'x');
    await writeFile(join(exp, '3_feature256/0_0.npy.bak'), 'x');
    const { ignored, files } = await trainRvcIndex(exp, { factories: ['Flat'] });
    expect([files, ignored]).toEqual([9, ['.DS_Store', '0_0.npy.bak']]);
  });

  it('writes no total_fea.npy by the rules of 2.3, else the same files', async () => {
    const exp = await numbered(ws.path('exp'));
    await trainRvcIndex(exp, { rules: '2.2' });
    const { 'total_fea.npy': _, ...indexes } = await hashes(exp);
    const report = await trainRvcIndex(exp, { rules: '2.3', outDir: exp, experiment: 'exp' });
    expect(report.totalFea).toBeUndefined();
    expect(await hashes(exp)).toMatchObject(indexes);
    const alone = ws.path('alone');
    await numbered(alone);
    await trainRvcIndex(alone, { rules: '2.3' });
    expect(Object.keys(await hashes(alone))).not.toContain('total_fea.npy');
  });

  it('builds anew where files of an earlier run are there', async () => {
    const exp = await numbered(ws.path('exp'));
    const { indexes } = await trainRvcIndex(exp, { rules: '2.3' });
    const first = await hashes(exp);
    await copyFile(join(exp, '3_feature256/0_0.npy'), indexes[0]!.trained);
    await writeFile(indexes[0]!.added, 'left over');
    await trainRvcIndex(exp, { rules: '2.3' });
    expect(await hashes(exp)).toEqual(first);
  });

  it('under 39 rows there is one list', async () => {
    const exp = await writeFeatures(ws.path('small'), D, { '0_0.npy': frames(38, D, 1) });
    const { indexes } = await trainRvcIndex(exp);
    expect(indexes[0]!.factory).toBe('IVF1,Flat');
    const one = await writeFeatures(ws.path('one'), D, { '0_0.npy': frames(1, D, 1) });
    const report = await trainRvcIndex(one);
    const index = await readIndexFile(report.indexes[0]!.added);
    expect([report.rows, index.ntotal]).toEqual([1, 1]);
  });

  it('takes non-ASCII paths and names', async () => {
    const exp = await numbered(ws.path('мой голос 音声 ñ'));
    await trainRvcIndex(exp);
    expect(Object.keys(await hashes(exp))).toContain('added_IVF4_Flat_nprobe_1_мой голос 音声 ñ_v1.index');
    const feats = join(exp, '3_feature256/😀_0.npy');
    const out = ws.path('готово.npy');
    const added = join(exp, 'added_IVF4_Flat_nprobe_1_мой голос 音声 ñ_v1.index');
    const { frames: n, exactFrames } = await blendFile(added, feats, out);
    expect([n, exactFrames]).toEqual([20, 20]);
    expect((await readNpyFile(out)).shape).toEqual([20, 256]);
  });

  it('names the files of an index without lists without nprobe', async () => {
    const exp = await numbered(ws.path('exp'));
    const { indexes } = await trainRvcIndex(exp, { factories: ['PQ16x4np'] });
    expect(indexes[0]!.added).toBe(join(exp, 'added_PQ16x4np_exp_v1.index'));
  });

  it('reports every stage in order and to its end', async () => {
    const exp = await numbered(ws.path('exp'));
    const seen: Progress[] = [];
    await trainRvcIndex(exp, { onProgress: (p) => seen.push(p) });
    const stages = [...new Set(seen.map((p) => p.stage))];
    expect(stages).toEqual(['read', 'total_fea.npy', ...stages.slice(2)]);
    expect(stages.slice(2).every((stage) => stage.startsWith('IVF4,Flat '))).toBe(true);
    for (const stage of stages) {
      const last = seen.findLast((p) => p.stage === stage)!;
      expect(last.done, stage).toBe(last.total ?? last.done);
    }
  });

  it('leaves out rows with NaN if told', async () => {
    const exp = await numbered(ws.path('exp'));
    const bad = frames(20, D, 4);
    bad[5 * D + 3] = Number.NaN;
    await writeFeatures(exp, D, { '0_1.npy': bad });
    const report = await trainRvcIndex(exp, { nonFinite: 'drop', shuffle: false });
    expect([report.frames, report.dropped, report.rows]).toEqual([179, 1, 179]);
    expect((await readNpyFile(report.totalFea!)).shape).toEqual([179, 256]);
  });
});
