import { readFileSync } from 'node:fs';
import type { Metric } from '@lutra/core';

/** One entry of `fixtures/manifest.json`. */
export interface FixtureCase {
  readonly name: string;
  readonly factory: string | null;
  readonly d: number;
  readonly metric: Metric;
  readonly ntotal: number;
  readonly state: 'untrained' | 'trained' | 'filled';
  readonly seed: number;
  readonly bytes: number;
  readonly sha256: string;
  /** Whether `<name>.search.json` exists. */
  readonly search: boolean;
  /** The version of faiss that made it, unless that was 1.15.1. */
  readonly faiss?: string;
  readonly note?: string;
}

const FOLDER = new URL('./fixtures/', import.meta.url);

export const CASES: readonly FixtureCase[] = JSON.parse(
  readFileSync(new URL('manifest.json', FOLDER), 'utf8'),
).cases;

/** A golden file, in memory of its own that starts aligned. */
export function fixture(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(`${name}.faiss`, FOLDER)));
}
