import { describe, expect, it } from 'vitest';
import { runCli, runJson } from './support/run-cli.js';

interface Document {
  readonly n: number;
  readonly recommendations: readonly {
    factory: string;
    totalBytes: number;
    misses: string[];
    backend: string;
  }[];
  readonly sources: Readonly<Record<string, string>>;
}

describe('recommend', () => {
  it('prints strings that the backend builds first, with reasons and sources', async () => {
    const { code, out } = await runCli(['recommend', '--n', '300k', '--d', '256']);
    expect(code).toBe(0);
    expect(out).toMatch(/^ 1\. +IVF4382,PQ128x4fs,RFlat +1,096 .* nprobe 33, kFactor 8 .* ts$/m);
    expect(out).toMatch(/^1\. 4-bit codes .* \[faiss-guidelines, /m);
    expect(out).toMatch(/^\[faiss-guidelines\] faiss wiki/m);
  });

  it('keeps to the memory', async () => {
    const list = await runJson<Document>([
      ...['recommend', '--n', '1M', '--d', '128', '--memory', '100MB', '--target-recall', '0.5'],
    ]);
    expect(list.n).toBe(1e6);
    expect(list.recommendations.length).toBeGreaterThan(0);
    expect(list.recommendations.every((r) => r.totalBytes <= 100e6 && r.misses.length === 0)).toBe(true);
    expect(list.recommendations[0]!.backend).toBe('ts');
  });

  it('says what is missed where nothing does', async () => {
    const { out } = await runCli(['recommend', '--n', '1M', '--d', '128', '--memory', '1MB']);
    expect(out).toMatch(/^ {3}but it takes \d+ bytes, more than 1000000$/m);
  });

  it.each([
    [['--n', '0', '--d', '4'], 'Expected a whole number of at least 1'],
    [['--n', '10', '--d', '4', '--memory', 'lots'], 'Expected a size such as 2GB or 500MiB'],
    [['--n', '10'], "required option '-d, --d <n>' not specified"],
  ])('refuses %j', async (argv, message) => {
    const { code, err } = await runCli(['recommend', ...argv]);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});
