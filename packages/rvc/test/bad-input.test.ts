import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Progress } from '@lutra/core';
import { writeNpyFile } from '@lutra/npy/node';
import { describe, expect, it } from 'vitest';
import { blendFile, type TrainRvcOptions, trainRvcIndex } from '../src/node.js';
import { expectError } from './expect-error.js';
import { frames, useWorkspace, writeFeatures } from './workspace.js';

const ws = useWorkspace();
const D = 256;

/** 4 files of 40 good rows. */
function good(): Promise<string> {
  const names = ['0_0.npy', '0_1.npy', '0_2.npy', '1_0.npy'];
  const files = names.map((name, i) => [name, frames(40, D, i)] as const);
  return writeFeatures(ws.path('exp'), D, Object.fromEntries(files));
}

const feature = (name: string): string => ws.path('exp/3_feature256', name);

/** Expects that the build fails before anything is written or read: no progress, no files. */
async function refused(
  options: TrainRvcOptions,
  code: Parameters<typeof expectError>[1],
  message: string | RegExp,
): Promise<void> {
  const seen: Progress[] = [];
  const build = trainRvcIndex(ws.path('exp'), { ...options, onProgress: (p) => seen.push(p) });
  await expectError(build, code, message);
  expect(seen).toEqual([]);
  const left = await readdir(ws.path('exp')).catch(() => []);
  expect(left.filter((name) => !name.startsWith('3_feature'))).toEqual([]);
}

describe('a feature folder', () => {
  it('that is missing', async () => {
    await mkdir(ws.path('exp'));
    await refused({}, 'ARGUMENT', `${ws.path('exp')}: has neither 3_feature256 nor 3_feature768`);
    const folder = ws.path('exp', '3_feature768');
    await refused({ version: 'v2' }, 'ARGUMENT', `${folder}: no such file or folder (ENOENT)`);
    const nowhere = ws.path('nowhere');
    await expectError(trainRvcIndex(nowhere), 'ARGUMENT', `${nowhere}: no such file or folder (ENOENT)`);
    await writeFile(ws.path('file'), '');
    await expectError(
      trainRvcIndex(ws.path('file')),
      'ARGUMENT',
      `${ws.path('file')}: is not a folder (ENOTDIR)`,
    );
  });

  it('that is empty', async () => {
    await mkdir(ws.path('exp/3_feature256'), { recursive: true });
    await refused({}, 'ARGUMENT', `${ws.path('exp/3_feature256')}: is an empty folder`);
  });

  it('without .npy files', async () => {
    await mkdir(ws.path('exp/3_feature256'), { recursive: true });
    await writeFile(feature('0_0.wav'), 'x');
    await writeFile(feature('notes.txt'), 'x');
    await refused({}, 'ARGUMENT', `${ws.path('exp/3_feature256')}: has no .npy file among 2 entries`);
  });

  it('whose files hold no rows', async () => {
    await writeFeatures(ws.path('exp'), D, { '0_0.npy': new Float32Array(0) });
    await refused({}, 'ARGUMENT', `${ws.path('exp/3_feature256')}: the files hold no rows`);
  });

  it('of either version, when both are there and none is asked for', async () => {
    await good();
    await writeFeatures(ws.path('exp'), 768, { '0_0.npy': frames(40, 768, 1) });
    const message = `${ws.path('exp')}: has both 3_feature256 and 3_feature768: say v1 or v2`;
    await refused({}, 'ARGUMENT', message);
    const report = await trainRvcIndex(ws.path('exp'), { version: 'v2', factories: ['Flat'] });
    expect([report.version, report.d]).toEqual(['v2', 768]);
  });

  it('with features of the other version', async () => {
    await writeNpyFile(join(await mkdirs('exp/3_feature256'), '0_0.npy'), {
      shape: [2, 768],
      data: frames(2, 768, 1),
    });
    await refused({}, 'SHAPE', `${ws.path('exp/3_feature256')}: features have 768 dimensions, v1 has 256`);
  });

  it('with files of different dimensions', async () => {
    await good();
    await writeNpyFile(feature('0_2.npy'), { shape: [4, 200], data: frames(4, 200, 1) });
    const folder = ws.path('exp/3_feature256');
    await refused({}, 'SHAPE', `${folder}: 0_0.npy has d 256, 0_2.npy has d 200`);
  });
});

async function mkdirs(path: string): Promise<string> {
  await mkdir(ws.path(path), { recursive: true });
  return ws.path(path);
}

describe('one bad file among many', () => {
  it('that is no .npy file', async () => {
    await good();
    await writeFile(feature('0_2.npy'), 'RIFF and so on');
    await refused({}, 'FORMAT', new RegExp(`^${feature('0_2.npy')}: `));
  });

  it('whose header promises more than the file has', async () => {
    await good();
    const bytes = await readFile(feature('0_2.npy'));
    await writeFile(feature('0_2.npy'), bytes.subarray(0, bytes.length - 100));
    await refused({}, 'FORMAT', new RegExp(`^${feature('0_2.npy')}: .*40960.*40860`));
  });

  it('that holds pickled objects', async () => {
    await good();
    const bytes = await readFile(feature('0_2.npy'));
    const at = bytes.indexOf("'<f4'");
    bytes.write("'|O' ", at, 'latin1');
    await writeFile(feature('0_2.npy'), bytes);
    const what = "dtype '|O' holds pickled Python objects, which are not read";
    await refused({}, 'UNSUPPORTED', `${feature('0_2.npy')}: ${what}`);
  });

  it('with NaN and infinities: how many rows, and where the first is', async () => {
    await good();
    const bad = frames(40, D, 1);
    bad[7 * D + 9] = Number.POSITIVE_INFINITY;
    bad[30 * D] = Number.NaN;
    await writeFeatures(ws.path('exp'), D, { '0_1.npy': bad });
    const count = '2 of 160 rows hold NaN or infinities';
    await expectError(
      trainRvcIndex(ws.path('exp')),
      'ARGUMENT',
      `${ws.path('exp/3_feature256')}: ${count}, the first is Infinity in 0_1.npy, row 7, column 9`,
    );
    expect(await readdir(ws.path('exp'))).toEqual(['3_feature256']);
    await writeFeatures(ws.path('all'), D, { '0_0.npy': new Float32Array(2 * D).fill(Number.NaN) });
    await expectError(
      trainRvcIndex(ws.path('all'), { nonFinite: 'drop' }),
      'ARGUMENT',
      `${ws.path('all/3_feature256')}: all 2 rows hold NaN or infinities`,
    );
  });
});

describe('options are checked before the rows are read:', () => {
  it('a factory string that does not parse', async () => {
    await good();
    await refused({ factories: ['IVF{n},Flatt'] }, 'SYNTAX', /IVF4,Flatt\n/);
    await refused({ factories: ['IVF{m},Flat'] }, 'SYNTAX', /IVF\{m\},Flat\n/);
  });

  it('one that does not fit the dimension, or that no backend runs', async () => {
    await good();
    await refused({ factories: ['IVF{n},Flat', 'IVF{n},PQ100x4fs'] }, 'ARGUMENT', /256/);
  });

  it('no factory, the same twice, or no string', async () => {
    await good();
    await refused({ factories: [] }, 'ARGUMENT', 'factories: wanted a list of at least one factory string');
    const path = ws.path('exp/added_IVF4_Flat_nprobe_1_exp_v1.index');
    const twice = `factories: two indexes would be written to ${path}`;
    await refused({ factories: ['IVF{n},Flat', 'IVF4,Flat'] }, 'ARGUMENT', twice);
    const message = "factory: wanted a string such as 'IVF{n},Flat', got number";
    await refused({ factories: [3 as unknown as string] }, 'ARGUMENT', message);
  });

  it('unknown versions, rules, an nprobe that cannot be, a name that is a path', async () => {
    await good();
    await refused({ version: 'v3' as 'v1' }, 'ARGUMENT', 'version: v3 is not v1 or v2');
    await refused({ rules: '1.0' as '2.2' }, 'ARGUMENT', 'rules: 1.0 is not 2.2 or 2.3');
    await refused({ nprobe: 0 }, 'ARGUMENT', /nprobe/);
    await refused({ factories: ['Flat'], nprobe: 2 }, 'ARGUMENT', /nprobe/);
    await refused({ seed: -1 }, 'ARGUMENT', /seed/);
    await refused({ experiment: 'a/b' }, 'ARGUMENT', /^experiment: "a\/b" is no name for files/);
    await refused({ nonFinite: 'keep' as 'drop' }, 'ARGUMENT', 'nonFinite: keep is not refuse or drop');
  });

  it('a folder that cannot be written to', async () => {
    await good();
    const nowhere = ws.path('nowhere');
    const missing = `${join(nowhere, 'total_fea.npy')}: no such file or folder (ENOENT)`;
    await refused({ outDir: nowhere }, 'ARGUMENT', missing);
    await writeFile(ws.path('file'), '');
    const file = `${ws.path('file/total_fea.npy')}: is not a folder (ENOTDIR)`;
    await refused({ outDir: ws.path('file') }, 'ARGUMENT', file);
    const added = await mkdirs('taken/added_IVF4_Flat_nprobe_1_exp_v1.index');
    await refused({ outDir: ws.path('taken') }, 'ARGUMENT', `${added}: is a folder, wanted a file to write`);
    expect(await readdir(ws.path('taken'))).toEqual(['added_IVF4_Flat_nprobe_1_exp_v1.index']);
  });
});

describe('stopped', () => {
  it('before it begins', async () => {
    await good();
    await refused({ signal: AbortSignal.abort() }, 'ABORTED', 'stopped by the caller');
  });

  it('at any stage, it leaves whole files or none', async () => {
    const exp = await good();
    const stages: string[] = [];
    await trainRvcIndex(exp, { outDir: await mkdirs('whole'), onProgress: (p) => stages.push(p.stage) });
    const whole = ws.path('whole');
    const turns = [...new Set(stages)];
    expect(turns.length).toBeGreaterThanOrEqual(5);
    for (const [i, stage] of turns.entries()) {
      const outDir = await mkdirs(`stopped-${i}`);
      const stop = new AbortController();
      const onProgress = (p: Progress): void => {
        if (p.stage === stage) stop.abort();
      };
      const build = trainRvcIndex(exp, { outDir, onProgress, signal: stop.signal });
      await expectError(build, 'ABORTED', 'stopped by the caller');
      for (const name of await readdir(outDir)) {
        expect(await readFile(join(outDir, name)), `${name} after ${stage}`).toEqual(
          await readFile(join(whole, name)),
        );
      }
      expect(await readdir(outDir)).not.toContain('added_IVF4_Flat_nprobe_1_exp_v1.index');
    }
  });

  it('by an error of the progress callback, it leaves no temporary file', async () => {
    const exp = await good();
    const outDir = await mkdirs('out');
    const build = trainRvcIndex(exp, {
      outDir,
      onProgress: ({ stage }) => {
        if (stage === 'total_fea.npy') throw new Error('the terminal is gone');
      },
    });
    await expect(build).rejects.toThrow('the terminal is gone');
    expect(await readdir(outDir)).toEqual([]);
  });
});

describe('blendFile', () => {
  it('names both files when their dimensions differ', async () => {
    const exp = await good();
    const { indexes } = await trainRvcIndex(exp);
    const feats = ws.path('v2.npy');
    await writeNpyFile(feats, { shape: [3, 768], data: frames(3, 768, 1) });
    const { added, trained } = indexes[0]!;
    await expectError(
      blendFile(added, feats, ws.path('out.npy')),
      'SHAPE',
      `${feats}: features have 768 dimensions (v2), ${added} has 256 dimensions (v1)`,
    );
    const own = feature('0_0.npy');
    await expectError(blendFile(trained, own, ws.path('out.npy')), 'STATE', /trained_ file, the added_ one/);
    await expectError(
      blendFile(added, own, ws.path('no/out.npy')),
      'ARGUMENT',
      `${ws.path('no/out.npy')}: no such file or folder (ENOENT)`,
    );
    await expectError(blendFile(added, own, ws.path('exp')), 'ARGUMENT', /is a folder, wanted a file/);
    await expectError(blendFile(own, own, ws.path('out.npy')), 'FORMAT', /0_0\.npy/);
    expect((await readdir(ws.path())).sort()).toEqual(['exp', 'v2.npy']);
  });
});
