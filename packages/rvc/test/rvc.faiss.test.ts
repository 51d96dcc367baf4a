import { execFileSync } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readNpyFile, writeNpyFile } from '@lutra/npy/node';
import { readIndexFile } from 'lutra/node';
import { describe, expect, it } from 'vitest';
import { compatFrame } from '../src/compat.js';
import { blendFeatures } from '../src/index.js';
import { trainRvcIndex } from '../src/node.js';
import { frames, useWorkspace, writeFeatures } from './workspace.js';

const python = process.env.LUTRA_PYTHON ?? 'python3';
const ws = useWorkspace();
const D = 256;
const RATES = [0.3, 0.75, 1];

function rvc(...args: string[]): void {
  execFileSync(python, [join(import.meta.dirname, 'rvc_side.py'), ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

type Make = (x: Float32Array<ArrayBuffer>) => Float32Array<ArrayBuffer>;

/** Whole numbers make every distance exact, whoever computes it. */
const whole: Make = (x) => x.map((v) => Math.round(v * 9));

async function experiment(make: Make): Promise<string> {
  const names = ['0_0', '0_1', '0_10', '0_2', '10_0', '1_0', 'ä_0', '\ufffd_0', '😀_0'];
  const files = names.map((name, i) => [`${name}.npy`, make(frames(150, D, i + 1, 40))] as const);
  return writeFeatures(ws.path('exp'), D, Object.fromEntries(files));
}

/** Frames near the stored ones, some of them stored, some far from everything. */
function queries(stored: Float32Array, make: Make): Float32Array<ArrayBuffer> {
  const x = make(frames(120, D, 99, 40));
  x.set(stored.subarray(0, 5 * D));
  for (let j = 0; j < D; j++) x[10 * D + j]! += 40;
  return x;
}

/** As hex, so that -0 and NaN count; the sign and payload of NaN aside. */
function bits(x: Float32Array): string[] {
  const words = new Uint32Array(x.slice().buffer);
  return Array.from(words, (v, i) => (Number.isNaN(x[i]!) ? 'NaN' : v.toString(16)));
}

async function float32(path: string): Promise<Float32Array> {
  return (await readNpyFile(path)).data as Float32Array;
}

describe('the build', () => {
  it('takes the rows that RVC takes, in its order, under its names, into an index that faiss reads', async () => {
    const exp = await experiment((x) => x);
    const report = await trainRvcIndex(exp, { shuffle: false, outDir: await folder('out') });
    rvc('features', exp);
    expect(await float32(report.totalFea!)).toEqual(await float32(join(exp, 'big_npy.npy')));
    const { added } = report.indexes[0]!;
    const theirs = await readIndexFile(join(exp, 'added_IVF34_Flat_nprobe_1_exp_v1.index.faiss'));
    expect(added).toBe(ws.path('out/added_IVF34_Flat_nprobe_1_exp_v1.index'));
    const ours = await readIndexFile(added);
    expect([ours.ntotal, ours.metric, ours.parameters]).toEqual([theirs.ntotal, 'l2', theirs.parameters]);
    await writeNpyFile(ws.path('feats.npy'), { shape: [3, D], data: frames(3, D, 3) });
    rvc('convert', added, ws.path('feats.npy'), await folder('faiss'));
    // faiss's reconstruct_n goes by id: it is total_fea.npy
    expect(await float32(ws.path('faiss/big_npy.npy'))).toEqual(await float32(report.totalFea!));
  });

  it('shuffles the same rows', async () => {
    const exp = await experiment((x) => x);
    const { totalFea } = await trainRvcIndex(exp);
    rvc('features', exp);
    const lines = async (path: string): Promise<string[]> => {
      const { data } = await readNpyFile(path);
      const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
      const count = bytes.length / (4 * D);
      return Array.from({ length: count }, (_, i) => bytes.toString('base64', i * 4 * D, (i + 1) * 4 * D));
    };
    const [ours, theirs] = [await lines(totalFea!), await lines(join(exp, 'big_npy.npy'))];
    expect(ours).not.toEqual(theirs);
    expect(ours.sort()).toEqual(theirs.sort());
  });
});

async function folder(name: string): Promise<string> {
  await mkdir(ws.path(name), { recursive: true });
  return ws.path(name);
}

describe('compat', () => {
  for (const [name, make] of [
    ['whole numbers', whole],
    ['features', (x) => x],
  ] as [string, Make][]) {
    it(`gives the bits of RVC for ${name}`, async () => {
      const exp = await experiment(make);
      // few rows a list, so that some have less than eight
      const { indexes, totalFea } = await trainRvcIndex(exp, { factories: ['IVF150,Flat'] });
      const { added } = indexes[0]!;
      const x = queries(await float32(totalFea!), make);
      await writeNpyFile(ws.path('feats.npy'), { shape: [120, D], data: x });
      rvc('convert', added, ws.path('feats.npy'), await folder('rvc'));
      const [big, score] = [
        await float32(ws.path('rvc/big_npy.npy')),
        await float32(ws.path('rvc/score.npy')),
      ];
      const ix = Array.from((await readNpyFile(ws.path('rvc/ix.npy'))).data, Number);
      expect(ix.filter((id) => id < 0).length, 'some lists are short').toBeGreaterThan(0);
      const index = await readIndexFile(added);
      for (const rate of RATES) {
        const theirs = await float32(ws.path(`rvc/feats_${rate}.npy`));
        expect(theirs.filter(Number.isNaN).length).toBeGreaterThanOrEqual(5 * D);
        // the same scores: the same bits
        const ours = new Float32Array(x.length);
        for (let t = 0; t < 120; t++) {
          const rows = ix
            .slice(t * 8, t * 8 + 8)
            .map((id) => (id < 0 ? undefined : big.subarray(id * D, (id + 1) * D)));
          const frame = x.subarray(t * D, (t + 1) * D);
          compatFrame(frame, score.subarray(t * 8, t * 8 + 8), rows, rate, ours.subarray(t * D, (t + 1) * D));
        }
        expect(bits(ours)).toEqual(bits(theirs));
        const { features } = await blendFeatures(index, x, { indexRate: rate, compat: true });
        if (make === whole) expect(bits(features)).toEqual(bits(theirs));
        else expectNear(features, theirs, 1e-4);
        const finite = await blendFeatures(index, x, { indexRate: rate });
        expect(finite.features.every(Number.isFinite)).toBe(true);
        expect(finite.exactFrames).toBeGreaterThanOrEqual(5);
        expectNear(
          finite.features.map((v, i) => (Number.isNaN(theirs[i]!) ? Number.NaN : v)),
          theirs,
          1e-4,
        );
      }
    });
  }
});

/** Where both are numbers they differ by at most `most`; NaN stand at the same places. */
function expectNear(ours: Float32Array, theirs: Float32Array, most: number): void {
  let worst = 0;
  for (let i = 0; i < theirs.length; i++) {
    expect(Number.isNaN(ours[i]!)).toBe(Number.isNaN(theirs[i]!));
    if (!Number.isNaN(theirs[i]!)) worst = Math.max(worst, Math.abs(ours[i]! - theirs[i]!));
  }
  expect(worst).toBeLessThanOrEqual(most);
}

it('the file that RVC loads is the one that faiss would have written', async () => {
  const exp = await experiment((x) => x);
  const { indexes } = await trainRvcIndex(exp, { shuffle: false });
  const before = await readFile(indexes[0]!.added);
  const again = ws.path('again.index');
  const code = `import faiss, sys; faiss.write_index(faiss.read_index(sys.argv[1]), sys.argv[2])`;
  execFileSync(python, ['-c', code, indexes[0]!.added, again]);
  expect(await readFile(again)).toEqual(before);
});
