import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GRAMMAR_EXAMPLE_D } from '@lutra/factory';
import { decodeIndex, encodeIndex, type IndexTree, inspectIndex } from '@lutra/faiss-format';
import { type SupportRow, supportTable } from 'lutra';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const script = join(import.meta.dirname, 'support-table.py');
const python = process.env.LUTRA_PYTHON ?? 'python3';

interface Job {
  readonly row: SupportRow;
  readonly example: string;
  readonly metric: string;
}
type Answer = { readonly className: string } | { readonly fault: string };

/** Examples that are tried by every metric; the others have these inside. */
const ALL_METRICS = ['Flat', 'HNSW8', 'NSG16', 'IVF4,Flat', 'IVF4,FlatDedup'];

let folder: string;
let jobs: Job[];
let answers: Answer[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lutra-support-'));
  const rows = await supportTable();
  jobs = rows.flatMap((row) => {
    const metrics = ALL_METRICS.includes(row.example) ? row.metrics : row.metrics.slice(0, 2);
    return metrics.map((metric) => ({ row, example: row.example, metric }));
  });
  writeFileSync(
    join(folder, 'jobs.json'),
    JSON.stringify(jobs.map(({ example, metric }) => ({ example, metric }))),
  );
  execFileSync(python, [script, folder, String(GRAMMAR_EXAMPLE_D)], {
    stdio: ['ignore', 'inherit', 'ignore'],
  });
  answers = JSON.parse(readFileSync(join(folder, 'answers.json'), 'utf8')) as Answer[];
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const classesOf = (tree: IndexTree): string[] => [
  tree.className,
  ...(tree.transforms ?? []).map((t) => t.className),
  ...tree.children.flatMap(classesOf),
];

/** What a file does not tell apart, or holds besides. */
const STORED: Readonly<Record<string, string>> = { OPQMatrix: 'LinearTransform' };
const HAS_INSIDE = /^IndexHNSW|^IndexNSG|^Index2Layer/;

describe('the table of what is supported, against faiss 1.15.1', () => {
  it('claims no metric that faiss does not build', () => {
    const faults = answers.flatMap((a, i) =>
      'fault' in a ? [`${jobs[i]!.example} ${jobs[i]!.metric}: ${a.fault}`] : [],
    );
    expect(faults).toEqual([]);
    expect(answers.length).toBe(jobs.length);
  });

  it('has the files read and written byte for byte, but those it says have none', () => {
    const wrong: string[] = [];
    for (const [i, { row, metric }] of jobs.entries()) {
      const path = join(folder, `${i}.faiss`);
      const claimed = row.withoutFile.length === 0;
      if (existsSync(path) !== claimed) wrong.push(`${row.example} ${metric}: file ${existsSync(path)}`);
      if (!existsSync(path)) continue;
      const bytes = readFileSync(path);
      const same = Buffer.compare(encodeIndex(decodeIndex(new Uint8Array(bytes))), bytes) === 0;
      if (!same) wrong.push(`${row.example} ${metric}: written otherwise`);
    }
    expect(wrong).toEqual([]);
  });

  it('names the classes that are in the files', () => {
    const wrong: string[] = [];
    for (const [i, { row, metric }] of jobs.entries()) {
      const path = join(folder, `${i}.faiss`);
      if (!existsSync(path) || metric !== row.metrics[0]) continue;
      const all = classesOf(inspectIndex(decodeIndex(new Uint8Array(readFileSync(path)))));
      // what the nodes of a graph are kept in, and what a two-layer index is made of, is their own business
      const hides = row.classes.some((name) => HAS_INSIDE.test(name));
      const told = new Set(row.classes.map((name) => STORED[name] ?? name));
      const found = new Set(all);
      const untold = [...found].filter((name) => !told.has(name));
      const absent = [...told].filter((name) => !found.has(name));
      if (absent.length > 0 || (untold.length > 0 && !hides)) {
        wrong.push(`${row.example}: untold ${untold}, absent ${absent}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});
