/*
 * Queries that an index of speech has not seen. The frames before and after one are nearly the same, so a frame drawn
 * from the index finds them at once and says nothing about other speech. Whole files are held out instead: their frames
 * are the queries, and none of them counts as a neighbour.
 */
import {
  assertNotAborted,
  type IdSelector,
  type Progress,
  type RowSource,
  type SearchResult,
} from '@lutra/core';
import { readRows } from '@lutra/npy';
import type { NpyFolder } from '@lutra/npy/node';
import type { ExactSearcher } from '@lutra/tune';
import { randPerm } from 'lutra';

/** Frames of held-out files, their neighbours among the others, and what else to leave out of searches. */
export interface VoiceSample {
  /** `(nq, d)`. */
  readonly queries: Float32Array;
  readonly groundTruth: SearchResult;
  /** All that is stored but the frames of the held-out files; undefined if none of them is stored. */
  readonly filter: IdSelector | undefined;
  /** Files held out, of all. */
  readonly files: number;
  readonly ofFiles: number;
}

export interface VoiceSampleOptions {
  readonly k: number;
  readonly seed: number;
  readonly exact: ExactSearcher;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const MOST_QUERIES = 2000;
/** At most this part of the frames is held out. */
const MOST_PART = 0.1;
const BLOCK = 4096;

/**
 * Holds out files of `folder` at random and finds the true neighbours of their frames among the vectors `rows` that an
 * index stores; a stored vector equal to one of their frames is no neighbour.
 * @param rows - what the index stores, in the order of its labels 0, 1, 2, …
 */
export async function voiceSample(
  folder: NpyFolder,
  rows: RowSource,
  { k, seed, exact, onProgress, signal }: VoiceSampleOptions,
): Promise<VoiceSample> {
  const [n, d] = rows.shape;
  const held = await heldFrames(folder, seed);
  const stored = await labelsOf(held.frames, rows, signal);
  const kept = Float64Array.from({ length: n - stored.size }, rest(n, stored));
  const queries = someRows(held.frames, d, seed);
  const others = without(rows, stored);
  const watch = { ...(onProgress && { onProgress }), ...(signal && { signal }) };
  const wanted = Math.max(1, Math.min(k, kept.length));
  const found = await exact(others, queries, { d, k: wanted, metric: 'l2', ...watch });
  const groundTruth = { ...found, labels: found.labels.map((row) => (row < 0 ? row : kept[row]!)) };
  const filter: IdSelector | undefined =
    stored.size === 0 ? undefined : { kind: 'not', selector: { kind: 'list', ids: [...stored] } };
  return { queries, groundTruth, filter, files: held.files, ofFiles: folder.files.length };
}

/** The frames of files drawn at random: as many as make up the queries, a tenth of all at most, one file at least. */
async function heldFrames(folder: NpyFolder, seed: number): Promise<{ frames: Float32Array; files: number }> {
  const [n, d] = folder.shape;
  const starts: number[] = [];
  let row = 0;
  for (const file of folder.files) {
    starts.push(row);
    row += file.rows;
  }
  const most = Math.min(MOST_QUERIES, MOST_PART * n);
  const chosen: number[] = [];
  let frames = 0;
  for (const i of randPerm(folder.files.length, seed)) {
    const { rows } = folder.files[i]!;
    if (rows === 0 || (chosen.length > 0 && frames + rows > 1.5 * most)) continue;
    chosen.push(i);
    frames += rows;
    if (frames >= most) break;
  }
  const out = new Float32Array(frames * d);
  let at = 0;
  for (const i of chosen) {
    const block = await readRows(folder, starts[i]!, starts[i]! + folder.files[i]!.rows);
    out.set(block, at);
    at += block.length;
  }
  return { frames: out, files: chosen.length };
}

/** The labels of the stored rows that are equal, bit by bit, to one of `frames`. */
async function labelsOf(frames: Float32Array, rows: RowSource, signal?: AbortSignal): Promise<Set<number>> {
  const d = rows.shape[1];
  const known = new Map<number, number[]>();
  const words = new Uint32Array(frames.buffer, frames.byteOffset, frames.length);
  for (let at = 0; at < words.length; at += d) {
    const key = hash(words, at, d);
    known.set(key, [...(known.get(key) ?? []), at]);
  }
  const found = new Set<number>();
  let label = 0;
  for await (const block of rows.blocks({ blockRows: BLOCK, ...(signal && { signal }) })) {
    assertNotAborted(signal);
    const bits = new Uint32Array(block.buffer, block.byteOffset, block.length);
    for (let at = 0; at < bits.length; at += d, label++) {
      if (known.get(hash(bits, at, d))?.some((start) => equal(words, start, bits, at, d))) found.add(label);
    }
  }
  return found;
}

/** FNV-1a over 32-bit words. */
function hash(words: Uint32Array, at: number, d: number): number {
  let h = 0x811c9dc5;
  for (let i = at; i < at + d; i++) h = Math.imul(h ^ words[i]!, 0x01000193);
  return h >>> 0;
}

function equal(a: Uint32Array, i: number, b: Uint32Array, j: number, d: number): boolean {
  for (let c = 0; c < d; c++) if (a[i + c] !== b[j + c]) return false;
  return true;
}

/** Gives 0, 1, 2, … below `n` without those in `gone`, one a call. */
function rest(n: number, gone: ReadonlySet<number>): () => number {
  let next = 0;
  return () => {
    while (next < n && gone.has(next)) next++;
    return next++;
  };
}

function someRows(frames: Float32Array, d: number, seed: number): Float32Array {
  const n = frames.length / d;
  if (n <= MOST_QUERIES) return frames;
  const out = new Float32Array(MOST_QUERIES * d);
  randPerm(n, seed)
    .subarray(0, MOST_QUERIES)
    .forEach((from, to) => {
      out.set(frames.subarray(from * d, (from + 1) * d), to * d);
    });
  return out;
}

/** The rows without those in `gone`. */
function without(rows: RowSource, gone: ReadonlySet<number>): RowSource {
  const [n, d] = rows.shape;
  return {
    shape: [n - gone.size, d],
    async *blocks(range = {}) {
      let label = 0;
      for await (const block of rows.blocks(
        range.signal ? { blockRows: BLOCK, signal: range.signal } : { blockRows: BLOCK },
      )) {
        const kept = new Float32Array(block.length);
        let filled = 0;
        for (let at = 0; at < block.length; at += d, label++) {
          if (gone.has(label)) continue;
          kept.set(block.subarray(at, at + d), filled);
          filled += d;
        }
        if (filled > 0) yield kept.subarray(0, filled);
      }
    },
  };
}
