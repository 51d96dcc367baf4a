// Puts the carried sets where the page loads them from, `generated/data`: the speech features of examples/voice as two
// archives beside their sound and front end, and the word vectors as they are.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeNpy, encodeNpz } from '@lutra/npy';

const here = fileURLToPath(new URL('..', import.meta.url));
const voice = join(here, '../../examples/voice');
const out = join(here, 'generated/data');

/** The arrays of a folder, under the names of their files. */
function archive(folder) {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.npy'))
    .sort();
  if (names.length === 0) throw new Error(`no .npy files in ${folder}`);
  const arrays = names.map((name) => [name.slice(0, -4), decodeNpy(readFileSync(join(folder, name)))]);
  return encodeNpz(new Map(arrays), { compress: true });
}

rmSync(out, { recursive: true, force: true });
mkdirSync(join(out, 'speech'), { recursive: true });
writeFileSync(join(out, 'speech/features.npz'), archive(join(voice, '3_feature256')));
writeFileSync(join(out, 'speech/held-out.npz'), archive(join(voice, 'held-out')));
for (const name of ['sound.npz', 'front-end.npz']) cpSync(join(voice, name), join(out, 'speech', name));
cpSync(join(here, 'data/words'), join(out, 'words'), { recursive: true });
