import { readFileSync } from 'node:fs';
import { isLutraError } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { type CheckedFactory, checkFactory, formatFactory, parseFactory } from '../src/index.js';

type Outcome =
  | readonly [className: string, codeSize: number | null]
  | 'parse'
  | 'construct'
  | 'alloc'
  | 'crash';
interface Case {
  readonly s: string;
  readonly parse: boolean;
  readonly l2: Outcome;
  readonly ip: Outcome;
}
interface Golden {
  readonly d: number;
  readonly cases: readonly Case[];
}

const golden = JSON.parse(
  readFileSync(new URL('./fixtures/faiss-factory.json', import.meta.url), 'utf8'),
) as Golden;

/** Why checkFactory refuses what faiss constructs: it would not train, or not search right. */
const STRICTER: readonly RegExp[] = [
  /d out must be in \[1, 16\]/u,
  /d out must be at least 1/u,
  /d out \d+ must be a multiple of M/u,
  /M must be at least [12], got [01]$/u,
  /R must be at least 2/u,
  /nbits must be (in \[1, \d+\]|at least 1), got 0/u,
  /nsplits must be at least 1, got 0/u,
  /nlist must be (at least 1|in \[1, \d+\]), got 0/u,
  /nlist must be at least 101, got/u,
  /nlist must be 2\^\d+ for \d+ bits of RCQ/u,
  /bbs must be at least 32, got 0/u,
  /batch must be at least 1, got 0/u,
  /bits of the list number must be in \[1, 48\]/u,
  /trains on the \d+ centroids and needs \d+/u,
  /refine by a FlatL2Panorama or FlatIPPanorama of batch 1/u,
  /for l2 whatever the metric/u,
];

function parses(s: string): boolean {
  try {
    parseFactory(s);
    return true;
  } catch (e) {
    if (isLutraError(e, 'SYNTAX')) return false;
    throw e;
  }
}

function check(s: string, metric: 'l2' | 'ip'): CheckedFactory | string {
  try {
    return checkFactory(parseFactory(s), { d: golden.d, metric });
  } catch (e) {
    if (isLutraError(e, 'ARGUMENT')) return e.message;
    throw e;
  }
}

const parsed = golden.cases.filter((c) => c.parse);
const outcomes = parsed.flatMap((c) =>
  (['l2', 'ip'] as const).map((metric) => ({ s: c.s, metric, faiss: c[metric] })),
);

describe('faiss 1.15.1 on the same strings', () => {
  it('has enough of both kinds', () => {
    expect(parsed.length).toBeGreaterThan(700);
    expect(golden.cases.length - parsed.length).toBeGreaterThan(300);
  });

  it('accepts and rejects the same', () => {
    expect(golden.cases.filter((c) => parses(c.s) !== c.parse).map((c) => c.s)).toEqual([]);
  });

  it('refuses to construct nothing that passes the check', () => {
    const wrong = outcomes.filter(
      (o) => typeof o.faiss === 'string' && typeof check(o.s, o.metric) !== 'string',
    );
    expect(wrong).toEqual([]);
  });

  it('constructs all that the check refuses, but for the reasons documented; each reason occurs', () => {
    const used = new Set<RegExp>();
    const unexplained = outcomes.filter((o) => {
      const answer = check(o.s, o.metric);
      if (typeof o.faiss === 'string' || typeof answer !== 'string') return false;
      const reason = STRICTER.find((r) => r.test(answer));
      if (reason !== undefined) used.add(reason);
      return reason === undefined;
    });
    expect(unexplained).toEqual([]);
    expect(STRICTER.filter((r) => !used.has(r))).toEqual([]);
  });

  it('needs as many bytes a vector', () => {
    const wrong: unknown[] = [];
    let compared = 0;
    for (const { s, metric, faiss } of outcomes) {
      const answer = check(s, metric);
      if (typeof faiss === 'string' || typeof answer === 'string' || faiss[1] === null) continue;
      compared++;
      const bytes = saCodeSize(answer);
      if (bytes !== faiss[1]) wrong.push({ s, metric, faiss: faiss[1], bytes });
    }
    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(250);
  });

  it('reads the canonical string as the same class', () => {
    const known = new Map(golden.cases.map((c) => [c.s, c]));
    let compared = 0;
    for (const c of parsed) {
      const canonical = known.get(formatFactory(parseFactory(c.s)));
      if (canonical === undefined || canonical.s === c.s) continue;
      compared++;
      expect([canonical.l2, canonical.ip]).toEqual([c.l2, c.ip]);
    }
    expect(compared).toBeGreaterThan(5);
  });
});

/** faiss's stand-alone code: the list's number comes first, cumulative norms and the refining code of PQ+ are left out. */
function saCodeSize(checked: CheckedFactory): number {
  let bytes = 0;
  for (const t of checked.tokens) {
    if (t.holds === 'centroids') continue;
    if (t.kind === 'Ivf') bytes += listBytes(t.text);
    else if (t.kind === 'FlatPanorama') bytes += 4 * t.d;
    else if (t.kind === 'PqR') bytes += Number(/PQ(\d+)/u.exec(t.text)?.[1]);
    else bytes += t.codeBytes;
  }
  return bytes;
}

function listBytes(text: string): number {
  const imi = /^IMI2x(\d+)/u.exec(text);
  let last = (imi ? 2 ** (2 * Number(imi[1])) : Number(/^IVF(\d+)/u.exec(text)?.[1])) - 1;
  let bytes = 0;
  for (; last > 0; last = Math.floor(last / 256)) bytes++;
  return bytes;
}
