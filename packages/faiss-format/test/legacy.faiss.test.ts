import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fixture } from './fixtures.js';
import { LEGACY_CASES, legacyBytes } from './legacy-bytes.js';

const python = process.env.LUTRA_PYTHON ?? 'python3';
const REWRITE = `
import sys, faiss
for path in sys.argv[1:]:
    faiss.write_index(faiss.read_index(path), path + ".out")
`;

let folder: string;
const path = (i: number): string => join(folder, `${i}.faiss`);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lutra-legacy-'));
  LEGACY_CASES.forEach((entry, i) => {
    writeFileSync(path(i), legacyBytes(entry));
  });
  execFileSync(python, ['-c', REWRITE, ...LEGACY_CASES.map((_, i) => path(i))]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each(LEGACY_CASES.map((entry, i) => ({ ...entry, i })))(
  'faiss reads $fourcc of $name as the same index',
  ({ name, i }) => {
    expect(Buffer.compare(readFileSync(`${path(i)}.out`), fixture(name))).toBe(0);
  },
);
