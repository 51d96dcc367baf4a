import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { extractBlocks } from '../extract.mjs';
import { runBlock } from '../run-block.mjs';

let dir: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'examples ä '));
  const pkg = join(dir, 'node_modules', 'thing');
  mkdirSync(pkg, { recursive: true });
  writeFileSync(join(pkg, 'package.json'), '{"name":"thing","type":"module","exports":"./index.js"}');
  writeFileSync(join(pkg, 'index.js'), 'export const answer = 42;');
});
afterAll(() => rmSync(dir, { recursive: true }));

async function runOnly(info: string, ...lines: string[]): Promise<string | undefined> {
  const [block] = extractBlocks([`\`\`\`${info}`, ...lines, '```'].join('\n'));
  if (!block) throw new Error('no block');
  return runBlock(block, join(dir, 'cwd'), { node: process.execPath, bin: join(dir, 'bin') });
}

it('runs TypeScript with the installed packages', async () => {
  const problem = await runOnly(
    'ts',
    "import { answer } from 'thing';",
    'const x: number = answer;',
    'console.log(x); // → 42',
  );
  expect(problem).toBeUndefined();
});

it('tells a wrong promise, a crash and a syntax error', async () => {
  expect(await runOnly('ts', 'console.log(1); // → 2')).toBe('line 1: promised "2", printed "1"');
  expect(await runOnly('ts', "throw new Error('boom');")).toMatch(/^exit code 1\n[\s\S]*boom/);
  expect(await runOnly('ts', 'const = 1;')).toMatch(/^no TypeScript: [\s\S]*Expected identifier/);
});

it('runs a shell block, and stops at its first failing line', async () => {
  expect(await runOnly('sh run', 'echo hi # → hi')).toBeUndefined();
  expect(await runOnly('sh run', 'false', 'echo hi')).toMatch(/^exit code 1/);
});
