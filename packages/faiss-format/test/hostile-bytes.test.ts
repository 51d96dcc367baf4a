import { type IndexData, type IvfFlatData, isLutraError } from '@lutra/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ByteReader } from '../src/bytes/byte-reader.js';
import { runReading } from '../src/bytes/reading.js';
import { readIndex } from '../src/decode-index.js';
import { decodeIndex, encodeIndex } from '../src/index.js';
import { CASES, fixture } from './fixtures.js';

/**
 * LUTRA_HOSTILE=full tries every prefix of every file, each way of damaging it at ten times as many places, and looks at
 * the memory of the process each time.
 */
const FULL = process.env.LUTRA_HOSTILE === 'full';
const MUTATIONS = FULL ? 2000 : 200;
const MAX_MS = 1000;
const SLACK = 16 << 20;
const EXPECTED = new Set(['FORMAT', 'UNSUPPORTED', 'CAPACITY']);

// half a million errors are made here; their stacks would be most of the time
let stackTraceLimit = 0;
beforeAll(() => {
  stackTraceLimit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
});
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

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

let attempts = 0;

/** 'ok', or the code of the LutraError; anything else is thrown on. Checks the memory that was asked for, and the time. */
function attempt(bytes: Uint8Array, watch = false): string {
  const r = new ByteReader(bytes);
  const watched = FULL || watch || ++attempts % 64 === 0;
  const before = watched ? memory() : 0;
  const start = process.cpuUsage();
  const found = read(r, bytes);
  const { user, system } = process.cpuUsage(start);
  const grown = watched ? memory() - before : 0;
  const took = (user + system) / 1000;
  if (took > MAX_MS) throw new Error(`${took} ms for ${bytes.byteLength} bytes`);
  if (grown > 2 * bytes.byteLength + SLACK) throw new Error(`${grown} bytes more for ${bytes.byteLength}`);
  // what is not taken for an array is the window of a source and objects
  if (r.allocated > bytes.byteLength) throw new Error(`${r.allocated} of ${bytes.byteLength} bytes`);
  return writable(found);
}

/** Bytes of the heap and of arrays outside of it, garbage and all. */
function memory(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** As {@link attempt}, read as a file is, a few bytes at a time. */
function attemptAsSource(bytes: Uint8Array): string {
  const r = new ByteReader(bytes.byteLength, { window: 64 });
  const found = read(r, bytes);
  if (r.allocated > bytes.byteLength) throw new Error(`${r.allocated} of ${bytes.byteLength} bytes`);
  return writable(found);
}

/** The index, or the code of the LutraError. */
function read(r: ByteReader, bytes: Uint8Array): IndexData | string {
  try {
    const data = runReading(readIndex(r, '', 0), (target, offset) => {
      target.set(bytes.subarray(offset, offset + target.byteLength));
    });
    return r.left === 0 ? data : 'FORMAT';
  } catch (e) {
    if (!isLutraError(e) || !EXPECTED.has(e.code)) throw e;
    return e.code;
  }
}

/** What reading lets through, writing must too. */
function writable(found: IndexData | string): string {
  if (typeof found === 'string') return found;
  encodeIndex(found);
  return 'ok';
}

/** Every prefix; of the few large files every 7th in the middle, where long arrays are. */
function step(n: number, size: number): number {
  return FULL || size <= 6000 || n < 2500 || n > size - 1000 ? 1 : 7;
}

describe('damaged files', () => {
  it.each(CASES)('$name: no prefix is accepted', (entry) => {
    const bytes = fixture(entry.name);
    const accepted: number[] = [];
    for (let n = 0; n < bytes.byteLength; n += step(n, bytes.byteLength)) {
      if (attempt(bytes.subarray(0, n)) === 'ok') accepted.push(n);
    }
    expect(accepted).toEqual([]);
  });

  it.each(CASES)('$name: flipped bytes give an error or a valid index', (entry) => {
    const bytes = fixture(entry.name);
    const next = random(entry.bytes);
    const outcomes = new Map<string, number>();
    for (let i = 0; i < MUTATIONS; i++) {
      const damaged = bytes.slice();
      // most fields are near the start
      const reach = i % 2 === 0 ? Math.min(400, bytes.byteLength) : bytes.byteLength;
      damaged[next(reach)]! ^= 1 + next(255);
      const outcome = attempt(damaged);
      if (i % 4 === 0) expect(attemptAsSource(damaged)).toBe(outcome);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    expect([...outcomes.values()].reduce((a, b) => a + b, 0)).toBe(MUTATIONS);
    expect(outcomes.get('FORMAT') ?? 0).toBeGreaterThan(0);
  });

  it.each(CASES)('$name: 64-bit values replaced by hostile ones', (entry) => {
    const bytes = fixture(entry.name);
    const hostile = [0n, 1n, 0xffn, 1n << 31n, 1n << 40n, 1n << 53n, (1n << 63n) - 1n, (1n << 64n) - 1n];
    const next = random(entry.bytes + 1);
    let failed = 0;
    for (let i = 0; i < MUTATIONS; i++) {
      const damaged = bytes.slice();
      const at = next(Math.min(400, bytes.byteLength - 8));
      new DataView(damaged.buffer).setBigUint64(at, hostile[i % hostile.length]!, true);
      if (attempt(damaged) !== 'ok') failed++;
    }
    expect(failed).toBeGreaterThan(0);
  });

  it.each(CASES)('$name: counts, enums and flags replaced by hostile ones', (entry) => {
    const bytes = fixture(entry.name);
    const hostile = [0, 1, 2, 3, 24, 255, 65535, 0x7fffffff, 0x80000000, 0xffffffff];
    const next = random(entry.bytes + 2);
    const outcomes = new Set<string>();
    for (let i = 0; i < MUTATIONS / 2; i++) {
      const damaged = bytes.slice();
      // beside other damage every third time
      for (let n = 0; n < 1 + (i % 3 === 0 ? 2 : 0); n++) {
        const at = next(Math.min(i % 2 === 0 ? 200 : bytes.byteLength, bytes.byteLength) - 4);
        new DataView(damaged.buffer).setUint32(at, hostile[next(hostile.length)]!, true);
      }
      outcomes.add(attempt(damaged));
    }
    expect([...outcomes].every((outcome) => outcome === 'ok' || EXPECTED.has(outcome))).toBe(true);
  });

  it.each(['IxMp', 'IxPT', 'IxRF', 'IHNf', 'IwFl', 'IBMp'])('%s in itself 10,000 deep', (fourcc) => {
    const header = fixture(fourcc === 'IBMp' ? 'binary-idmap' : 'idmap-empty').slice(
      0,
      fourcc === 'IBMp' ? 33 : 37,
    );
    const between = { IxPT: [0, 0, 0, 0], IwFl: new Array(16).fill(1) }[fourcc] ?? [];
    const level = Buffer.concat([Buffer.from(fourcc), header.subarray(4), Buffer.from(between)]);
    const outcome = attempt(new Uint8Array(Buffer.concat(Array.from({ length: 10_000 }, () => level))));
    expect(EXPECTED).toContain(outcome);
  });

  it('nesting deeper than faiss reads is an error, at any depth', () => {
    const head = fixture('idmap-empty').slice(0, 37);
    const deep = new Uint8Array(37 * 200_000);
    for (let i = 0; i < 200_000; i++) deep.set(head, 37 * i);
    expect(() => decodeIndex(deep)).toThrow(/wanted at most 50 nested indexes, found one more/);
  });

  // no bytes stand for an empty list of a sparse index, and of a table of centroids that is not trained
  it.each(['ivf-flat-untrained-l2', 'ivf-sq6-untrained', 'ivf-pq-untrained'])(
    '%s: empty lists out of nothing stay within the memory allowed',
    (name) => {
      const bytes = fixture(name);
      const lists = Buffer.from(bytes.buffer).indexOf('ilar');
      const view = new DataView(bytes.buffer);
      const outcomes: string[] = [];
      for (const bits of [4, 16, 19, 20, 24]) {
        for (const at of [37, lists + 4]) view.setBigUint64(at, 1n << BigInt(bits), true);
        outcomes.push(attempt(bytes, true));
      }
      expect([outcomes[0], outcomes.at(-1)]).toEqual(['ok', 'CAPACITY']);
    },
  );

  it('a large file, all of it to be copied, stays within twice its size', () => {
    const small = decodeIndex(fixture('ivf-flat-untrained-l2')) as IvfFlatData;
    const [n, d] = [40_000, 64];
    const header = { ...small, d, ntotal: n, quantizer: { ...small.quantizer, d } };
    const per = n / small.nlist;
    const lists = {
      kind: 'array' as const,
      nlist: small.nlist,
      codeSize: 4 * d,
      codes: Array.from({ length: small.nlist }, () => new Uint8Array(4 * d * per)),
      ids: Array.from({ length: small.nlist }, () => new Float64Array(per)),
    };
    const whole = encodeIndex({ ...header, invlists: lists } as IndexData);
    const moved = new Uint8Array(whole.byteLength + 1).subarray(1);
    moved.set(whole);
    const outcomes = [0, 1, 1 << 20].map((cut) => attempt(moved.subarray(0, moved.byteLength - cut), true));
    expect(outcomes).toEqual(['ok', 'FORMAT', 'FORMAT']);
  });

  it('a tiny file cannot ask for many lists', () => {
    const bytes = fixture('ivf-flat-untrained-l2');
    const view = new DataView(bytes.buffer);
    const lists = Buffer.from(bytes.buffer).indexOf('ilar');
    for (const at of [37, lists + 4]) view.setBigUint64(at, 1n << 40n, true);
    expect(() => decodeIndex(bytes)).toThrow(expect.objectContaining({ code: 'CAPACITY' }));
  });
});
