import { readFileSync } from 'node:fs';
import { type IndexData, isLutraError } from '@lutra/core';
import { decodeIndex } from '@lutra/faiss-format';
import { describe, expect, it } from 'vitest';
import { backend } from './engine.js';

/** LUTRA_HOSTILE=full damages every file at thirty times as many places. */
const FULL = process.env.LUTRA_HOSTILE === 'full';
const MUTATIONS = FULL ? 200 : 7;
const MAX_MS = 1000;
const EXPECTED = new Set(['FORMAT', 'UNSUPPORTED', 'CAPACITY', 'STATE', 'ARGUMENT', 'SHAPE']);
const COUNTS = [0, 1, 2, 3, 7, 255, 65535, 0x7fffffff, 0x80000000, 0xffffffff];

const FOLDER = new URL('../../faiss-format/test/fixtures/', import.meta.url);
const read = (name: string): Buffer => readFileSync(new URL(name, FOLDER));
const cases: { name: string; bytes: number; state: string }[] = JSON.parse(
  read('manifest.json').toString(),
).cases;
const bytesOf = (name: string): Uint8Array => new Uint8Array(read(`${name}.faiss`));
const taken = cases.filter((c) => backend.refusesData(decodeIndex(bytesOf(c.name))) === undefined);

/** Mulberry32. */
function random(seed: number): (max: number) => number {
  let state = seed >>> 0;
  return (max) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % max;
  };
}

/** A byte flipped, or four replaced by a count that no one has, near the start more often than elsewhere. */
function damage(bytes: Uint8Array, next: (max: number) => number, i: number): Uint8Array {
  const damaged = bytes.slice();
  const reach = i % 3 < 2 ? Math.min(400, bytes.byteLength) : bytes.byteLength;
  if (i % 2 === 0) damaged[next(reach)]! ^= 1 + next(255);
  else new DataView(damaged.buffer).setUint32(next(reach - 3), COUNTS[next(COUNTS.length)]!, true);
  return damaged;
}

/** The labels that an index of `data` may give. */
function labelsOf(data: IndexData): (label: number) => boolean {
  if (data.kind === 'IdMap' || data.kind === 'IdMap2') return within([data.ids]);
  if (data.kind === 'Refine' || data.kind === 'PreTransform') return labelsOf(data.base);
  if (data.kind === 'IvfFlatDedup' && 'ids' in data.invlists) {
    return within([...data.invlists.ids, Float64Array.from(data.instances, Number)]);
  }
  if ('invlists' in data) return 'ids' in data.invlists ? within(data.invlists.ids) : () => false;
  return (label) => label >= 0 && label < data.ntotal;
}

function within(lists: readonly Float64Array[]): (label: number) => boolean {
  const ids = new Set(lists.flatMap((list) => [...list]));
  return (label) => ids.has(label);
}

/** 'ok', or the code of the LutraError; anything else is thrown on. */
async function attempt(bytes: Uint8Array, inPlace: boolean): Promise<string> {
  const start = process.cpuUsage();
  const outcome = await use(bytes, inPlace).catch((e: unknown) => {
    if (!isLutraError(e) || !EXPECTED.has(e.code)) throw e;
    return e.code;
  });
  const { user, system } = process.cpuUsage(start);
  const took = (user + system) / 1000;
  if (took > MAX_MS) throw new Error(`${took} ms for ${bytes.byteLength} bytes`);
  return outcome;
}

/** Loads the index, from arrays of its own or from those that it is read to, and has all of it used. */
async function use(bytes: Uint8Array, inPlace: boolean): Promise<string> {
  const target = inPlace ? await backend.prepareLoad!() : undefined;
  const data = decodeIndex(bytes, target ? { allocate: target.allocate } : {});
  const isLabel = labelsOf(data);
  const index = await (target ?? backend).load(data);
  try {
    const x = Float32Array.from({ length: 2 * index.d }, (_, i) => ((i * 37) % 11) - 5);
    const { labels, distances } = await index.search(x, 4);
    if (labels.length !== 8 || distances.length !== 8) throw new Error(`${labels.length} labels`);
    for (const label of labels) if (label !== -1 && !isLabel(label)) throw new Error(`label ${label}`);
    const ranges = await index.rangeSearch(x.subarray(0, index.d), 4);
    for (const label of ranges.labels) if (!isLabel(label)) throw new Error(`label ${label} in range`);
    const found = labels.find((label) => label >= 0);
    if (found !== undefined) await index.reconstruct([found]).catch(unlessLutra);
    await index
      .removeIds({ kind: 'list', ids: [...labels].filter((label) => label >= 0) })
      .catch(unlessLutra);
    await index.add(x.subarray(0, index.d)).catch(unlessLutra);
  } finally {
    index.dispose();
  }
  return 'ok';
}

function unlessLutra(e: unknown): void {
  if (!isLutraError(e)) throw e;
}

/** How many damaged files gave an index. */
let answering = 0;

describe('damaged files that the codec lets through', () => {
  it.each(taken)('$name: an error of ours, or an index that answers', async ({ name, bytes: size }) => {
    const bytes = bytesOf(name);
    const next = random(size + 7);
    const outcomes: string[] = [];
    for (let i = 0; i < MUTATIONS; i++) {
      const damaged = damage(bytes, next, i);
      outcomes.push(
        await attempt(damaged, i % 4 === 0).catch((e: unknown) => {
          const at = damaged.findIndex((value, j) => value !== bytes[j]);
          throw new Error(`damage ${i}, from byte ${at} on: ${e instanceof Error ? e.stack : e}`);
        }),
      );
    }
    answering += outcomes.filter((outcome) => outcome === 'ok').length;
    expect(outcomes.length).toBe(MUTATIONS);
  });

  it('are many', () => {
    expect(answering).toBeGreaterThan((taken.length * MUTATIONS) / 10);
  });
});
