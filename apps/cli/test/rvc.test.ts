import { mkdir, readdir, readFile } from 'node:fs/promises';
import { decodeNpy, type NpyArray } from '@lutra/npy';
import { readIndexFile } from 'lutra/node';
import { describe, expect, it } from 'vitest';
import { runCli, runJson } from './support/run-cli.js';
import { clumps, useWorkspace } from './support/workspace.js';

const ws = useWorkspace();

/** An experiment's folder with `n` frames of v1 or v2 features in two files. */
async function experiment(version: 'v1' | 'v2', n = 160): Promise<string> {
  const d = version === 'v1' ? 256 : 768;
  await mkdir(ws.path(`voice/3_feature${d}`), { recursive: true });
  const x = clumps(n, d, 1);
  await ws.vectors(`voice/3_feature${d}/0_0.npy`, x.subarray(0, (n / 2) * d), d);
  await ws.vectors(`voice/3_feature${d}/0_1.npy`, x.subarray((n / 2) * d), d);
  return ws.path('voice');
}

async function npy(path: string): Promise<NpyArray> {
  return decodeNpy(await readFile(path));
}

describe('rvc train', () => {
  it('writes the files that RVC would, under their names', async () => {
    const folder = await experiment('v1');
    const { code, out } = await runCli(['rvc', 'train', folder, '--nprobe', '2']);
    expect(code).toBe(0);
    // 160 frames: 160 / 39 = 4 lists
    expect((await readdir(folder)).sort()).toEqual([
      '3_feature256',
      'added_IVF4_Flat_nprobe_2_voice_v1.index',
      'total_fea.npy',
      'trained_IVF4_Flat_nprobe_2_voice_v1.index',
    ]);
    expect(out).toMatch(/^frames +160 of d 256 from 2 files$/m);
    const index = await readIndexFile(`${folder}/added_IVF4_Flat_nprobe_2_voice_v1.index`);
    expect([index.ntotal, index.parameters.nprobe]).toEqual([160, 2]);
    index.dispose();
  });

  it('takes the version from the folder that is there, and writes no total_fea.npy by the rules of 2.3', async () => {
    const folder = await experiment('v2');
    const report = await runJson<{ version: string; d: number; totalFea?: string }>([
      'rvc',
      'train',
      folder,
      '--rules',
      '2.3',
      '--factory',
      'Flat',
    ]);
    expect([report.version, report.d, report.totalFea]).toEqual(['v2', 768, undefined]);
    expect(await readdir(folder)).not.toContain('total_fea.npy');
  });

  it('understands --version as its own option', async () => {
    const folder = await experiment('v1');
    await experiment('v2');
    const both = await runCli(['rvc', 'train', folder]);
    expect(both.code).toBe(2);
    expect(both.err).toContain('has both 3_feature256 and 3_feature768: say v1 or v2');
    const report = await runJson<{ d: number }>(['rvc', 'train', folder, '--version', 'v2', '-f', 'Flat']);
    expect(report.d).toBe(768);
  });

  it('refuses folders that are no experiment', async () => {
    await mkdir(ws.path('empty'));
    const empty = await runCli(['rvc', 'train', ws.path('empty')]);
    expect(empty.code).toBe(2);
    expect(empty.err).toBe(`lutra: ${ws.path('empty')}: has neither 3_feature256 nor 3_feature768\n`);
    const missing = await runCli(['rvc', 'train', ws.path('no')]);
    expect(missing.err).toBe(`lutra: ${ws.path('no')}: no such file or folder (ENOENT)\n`);
    const file = await ws.vectors('x.npy', clumps(2, 4, 1), 4);
    expect((await runCli(['rvc', 'train', file])).err).toContain('is a file, wanted an experiment');
  });

  it('leaves nothing when stopped', async () => {
    const folder = await experiment('v1');
    const { code } = await runCli(['rvc', 'train', folder], { signal: AbortSignal.abort('SIGINT') });
    expect(code).toBe(2);
    expect(await readdir(folder)).toEqual(['3_feature256']);
  });
});

describe('rvc blend', () => {
  it('mixes frames with their neighbours', async () => {
    const folder = await experiment('v1');
    await runCli(['rvc', 'train', folder]);
    const index = `${folder}/added_IVF4_Flat_nprobe_1_voice_v1.index`;
    const x = clumps(6, 256, 1).map((v) => v + 0.25);
    const feats = await ws.vectors('feats.npy', x, 256);
    const output = ws.path('out.npy');
    const report = await runJson<{ frames: number; indexRate: number }>([
      ...['rvc', 'blend', index, feats, '--index-rate', '0.5', '--nprobe', '4', '-o', output],
    ]);
    expect(report).toMatchObject({ frames: 6, indexRate: 0.5, emptyFrames: 0 });
    const blended = await npy(output);
    expect([blended.shape, blended.dtype]).toEqual([[6, 256], '<f4']);
    expect(blended.data).not.toEqual(x);
    expect([...(blended.data as Float32Array)].every(Number.isFinite)).toBe(true);
    const { code } = await runCli(['rvc', 'blend', index, feats, '--index-rate', '0', '-o', output]);
    expect(code).toBe(0);
    expect((await npy(output)).data).toEqual(x);
  });

  it('keeps an exact hit finite, but not with --compat', async () => {
    const folder = await experiment('v1');
    await runCli(['rvc', 'train', folder]);
    const index = `${folder}/added_IVF4_Flat_nprobe_1_voice_v1.index`;
    const feats = await ws.vectors('feats.npy', clumps(160, 256, 1).subarray(0, 256), 256);
    const argv = ['rvc', 'blend', index, feats, '-o', ws.path('out.npy')];
    const report = await runJson<{ exactFrames: number }>(argv);
    expect(report.exactFrames).toBe(1);
    expect(Number.isFinite((await npy(ws.path('out.npy'))).data[0])).toBe(true);
    await runCli([...argv, '--compat']);
    expect((await npy(ws.path('out.npy'))).data[0]).toBeNaN();
  });

  it('refuses a rate above 1, another width, and a trained_ file', async () => {
    const folder = await experiment('v1');
    await runCli(['rvc', 'train', folder]);
    const feats = await ws.vectors('feats.npy', clumps(2, 256, 1), 256);
    const wide = await ws.vectors('wide.npy', clumps(2, 768, 1), 768);
    const added = `${folder}/added_IVF4_Flat_nprobe_1_voice_v1.index`;
    const trained = `${folder}/trained_IVF4_Flat_nprobe_1_voice_v1.index`;
    const refused = async (...argv: string[]): Promise<string> => {
      const { code, err } = await runCli(['rvc', 'blend', ...argv, '-o', ws.path('out.npy')]);
      expect(code).toBe(2);
      return err;
    };
    expect(await refused(added, feats, '--index-rate', '1.5')).toContain(
      "Expected a number from 0 to 1, got '1.5'",
    );
    expect(await refused(added, wide)).toContain('has vectors of 768 dimensions');
    expect(await refused(trained, feats)).toContain('the added_ one is wanted');
  });
});
