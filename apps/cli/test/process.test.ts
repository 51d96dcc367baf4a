import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleCli } from './support/bundle-cli.js';
import { clumps, useWorkspace } from './support/workspace.js';

let program = { main: '', remove: async (): Promise<void> => {} };
beforeAll(async () => {
  program = await bundleCli();
});
afterAll(() => program.remove());

const ws = useWorkspace();

function start(argv: readonly string[]): ChildProcess {
  return spawn(process.execPath, [program.main, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] });
}

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function ended(child: ChildProcess): Promise<Ended> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
}

const lutra = (...argv: string[]): Promise<Ended> => ended(start(argv));

/** Resolves when `child` has said `word` on standard error. */
async function saying(child: ChildProcess, word: RegExp): Promise<void> {
  let heard = '';
  for await (const chunk of child.stderr!.iterator({ destroyOnReturn: false })) {
    heard += String(chunk);
    if (word.test(heard)) return;
  }
  throw new Error(`ended without ${word}: ${heard}`);
}

describe('exit codes', () => {
  it('0 with the help and the version on standard output', async () => {
    const help = await lutra('--help');
    expect(help).toMatchObject({ code: 0, err: '' });
    expect(help.out).toContain('Usage: lutra');
    const version = await lutra('--version');
    expect(version).toMatchObject({ code: 0, err: '' });
    expect(version.out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('2 for wrong usage and for wrong input, with nothing on standard output', async () => {
    expect(await lutra('inspect')).toMatchObject({ code: 2, out: '' });
    const missing = await lutra('inspect', ws.path('no.index'));
    expect(missing).toEqual({
      code: 2,
      out: '',
      err: `lutra: ${ws.path('no.index')}: no such file or folder (ENOENT)\n`,
    });
  });
});

describe('standard output', () => {
  it('is one JSON document with --json, whatever the progress says', async () => {
    const base = await ws.vectors('base.npy', clumps(2000, 16, 1), 16);
    const index = ws.path('a.index');
    const built = await lutra('build', base, '-f', 'IVF16,PQ4x4fs,RFlat', '-o', index, '--json');
    expect(built.code).toBe(0);
    expect(JSON.parse(built.out)).toMatchObject({ factory: 'IVF16,PQ4x4fs,RFlat', ntotal: 2000 });
    expect(built.err).toMatch(/add/);
    for (const argv of [
      ['inspect', index],
      ['search', index, base, '-k', '2'],
      ['convert', base, ws.path('c.npy')],
    ]) {
      const { code, out } = await lutra(...argv, '--json');
      expect([argv[0], code, typeof JSON.parse(out)]).toEqual([argv[0], 0, 'object']);
    }
  });

  it('may be closed by its reader without a complaint', async () => {
    const base = await ws.vectors('base.npy', clumps(3000, 16, 1), 16);
    const index = ws.path('a.index');
    await lutra('build', base, '-f', 'Flat', '-o', index);
    const child = start(['search', index, base, '-k', '50', '--json']);
    child.stdout!.destroy();
    const { code, err } = await ended(child);
    expect(code).toBe(0);
    expect(err).not.toMatch(/EPIPE|Error/);
  });
});

describe('Ctrl-C', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('%s while it trains leaves nothing and exits 2', async (signal) => {
    const base = await ws.vectors('base.npy', clumps(40_000, 32, 1, 2000), 32);
    const child = start(['build', base, '-f', 'IVF2048,PQ16', '-o', ws.path('a.index')]);
    const end = ended(child);
    await saying(child, /k-means|train/);
    child.kill(signal);
    const { code, out, err } = await end;
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/lutra: stopped, no file is left half-written\n$/);
    expect(await readdir(ws.folder)).toEqual(['base.npy']);
  });
});
