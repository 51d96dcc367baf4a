import { writeFile } from 'node:fs/promises';
import { LutraError } from '@lutra/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimal, list, wholeNumber } from '../src/arguments.js';
import { formatBytes, formatDistance, formatSeconds } from '../src/format.js';
import { namingPath } from '../src/indexes.js';
import { formatTable } from '../src/table.js';
import { runCli } from './support/run-cli.js';
import { clumps, useWorkspace } from './support/workspace.js';

const ws = useWorkspace();

/** A backend module whose index does what `train` says when it is trained. */
const backendWith = (train: string): string => `
const supports = { kinds: [], metrics: [], load: true };
const index = { d: 4, isTrained: false, spec: { kind: 'Flat' }, train() { ${train} }, dispose() {} };
export default { name: 'odd', specVersion: 1, supports, probe: async () => ({ ok: true }), refuses: () => undefined,
  refusesData: () => undefined, create: async () => index, load: async () => index };
`;

async function buildWith(train: string): Promise<{ code: number; out: string; err: string }> {
  const base = await ws.vectors('base.npy', clumps(5, 4, 1), 4);
  await writeFile(ws.path('odd.mjs'), backendWith(train));
  return runCli(['build', base, '-f', 'Flat', '-o', ws.path('a.index'), '--backend', './odd.mjs'], {
    cwd: ws.folder,
  });
}

describe('exit codes of what a command throws', () => {
  it('70 with a stack for what is no LutraError', async () => {
    const { code, out, err } = await buildWith('throw new Error("unforeseen");');
    expect({ code, out }).toEqual({ code: 70, out: '' });
    expect(err).toMatch(/this is a bug\nError: unforeseen\n\s+at /);
  });

  it('70 for a thrown string', async () => {
    expect(await buildWith('throw "just text";')).toMatchObject({ code: 70 });
  });

  it('2 with the message alone for a LutraError of another copy of the class', async () => {
    const foreign = `const e = new Error('acme: out of luck'); e.code = 'CAPACITY'; e.details = {};
      Object.defineProperty(e, Symbol.for('@lutra.error'), { value: true }); throw e;`;
    const { code, err } = await buildWith(foreign);
    expect(code).toBe(2);
    expect(err).toMatch(/lutra: acme: out of luck\n$/);
  });
});

describe('arguments', () => {
  it('reads back every number within bounds and refuses the others', () => {
    const bounds = { min: -(2 ** 40), max: 2 ** 40 };
    fc.assert(
      fc.property(fc.integer(bounds), fc.integer(bounds), (n, min) => {
        const parse = wholeNumber(min);
        if (n >= min) expect(parse(String(n))).toBe(n);
        else expect(() => parse(String(n))).toThrow(`of at least ${min}, got '${n}'`);
      }),
    );
  });

  it('takes numbers as people write them', () => {
    expect(wholeNumber(0)('0')).toBe(0);
    expect(wholeNumber(1)('+12')).toBe(12);
    expect(decimal(0, 1)('7.5e-1')).toBe(0.75);
    expect(list(wholeNumber(1))('1, 2,4')).toEqual([1, 2, 4]);
  });

  it.each(['', ' ', '1x', '0x10', '1e3', '9007199254740993', 'NaN', 'Infinity'])(
    'is no whole number: %j',
    (text) => {
      expect(() => wholeNumber(0)(text)).toThrow(/Expected a whole number of at least 0/);
    },
  );

  it.each(['', ' ', 'x', 'NaN', 'Infinity', '-0.1', '1.1'])('is no number from 0 to 1: %j', (text) => {
    expect(() => decimal(0, 1)(text)).toThrow(/Expected a number from 0 to 1/);
  });
});

describe('output', () => {
  it('formats quantities', () => {
    expect([0, 1023, 1536, 10 * 2 ** 20, 5 * 2 ** 50].map(formatBytes)).toEqual([
      '0 B',
      '1023 B',
      '1.50 KiB',
      '10.0 MiB',
      '5120.0 TiB',
    ]);
    expect([0.0012, 0.25, 12.345, 184.2].map(formatSeconds)).toEqual([
      '1.20 ms',
      '250 ms',
      '12.35 s',
      '3 min 4 s',
    ]);
    expect([0, Math.fround(0.1), 123456.789].map(formatDistance)).toEqual(['0', '0.1', '123456.8']);
  });

  it('sets numbers flush right and words flush left', () => {
    expect(
      formatTable(
        ['name', 'n'],
        [
          ['a', 5],
          ['long', 1234],
        ],
      ),
    ).toBe('name     n\na        5\nlong  1234\n');
  });

  it('puts the path of a file before a message once', () => {
    const e = new LutraError('FORMAT', 'header: cut off', { format: 'faiss' });
    const named = namingPath(e, 'a.index') as LutraError;
    expect([named.code, named.message, named.cause]).toEqual(['FORMAT', 'a.index: header: cut off', e]);
    expect(namingPath(named, 'a.index')).toBe(named);
    const other = new Error('x');
    expect(namingPath(other, 'a.index')).toBe(other);
  });
});
