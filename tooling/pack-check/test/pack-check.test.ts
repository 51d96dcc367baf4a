import { describe, expect, it } from 'vitest';
import { checkContents, missingTargets } from '../contents.mjs';
import { compareExports } from '../exports-snapshot.mjs';

describe('contents of a tarball', () => {
  const sound = (): Map<string, string> =>
    new Map([
      ['package.json', '{"name":"a"}'],
      ['LICENSE', 'MIT'],
      ['README.md', '# a'],
      ['dist/index.js', 'export const a = 1;'],
    ]);
  const secrets = ['/home/somebody/checkout/'];
  const check = (files: Map<string, string>): string[] => checkContents(files, secrets, { hasApi: true });

  it('passes what should ship', () => expect(check(sound())).toEqual([]));

  it.each(['test/a.ts', 'src/a.test.ts', 'dist/fixtures/a.json', 'src/a.bench.ts', 'tsup.config.ts'])(
    'refuses %s',
    (path) => {
      expect(check(sound().set(path, ''))).toEqual([`${path} must not ship`]);
    },
  );

  it('finds absolute paths', () => {
    const map = '{"sources":["/home/somebody/checkout/packages/a/src/index.ts"]}';
    expect(check(sound().set('dist/index.js.map', map))).toEqual([
      'dist/index.js.map holds the absolute path /home/somebody/checkout/',
    ]);
  });

  it('finds a workspace protocol and missing papers', () => {
    const files = new Map([['package.json', '{"dependencies":{"b":"workspace:*"}}']]);
    expect(check(files)).toEqual([
      'package.json holds a workspace protocol',
      'LICENSE is missing',
      'README.md is missing',
    ]);
  });

  it('finds targets that are not there', () => {
    const manifest = {
      bin: { a: './dist/main.js' },
      exports: {
        '.': { types: './dist/index.d.ts', default: './dist/index.js' },
        './package.json': './package.json',
      },
    };
    expect(missingTargets(manifest, new Set(sound().keys()))).toEqual([
      './dist/index.d.ts is named in package.json and is not there',
      './dist/main.js is named in package.json and is not there',
    ]);
  });
});

describe('snapshot of exported names', () => {
  const snapshot = { a: { '.': ['x', 'y'], './node': ['z'] } };

  it('is silent when nothing changed', () =>
    expect(compareExports(snapshot, structuredClone(snapshot))).toEqual([]));

  it('tells what came and went', () => {
    expect(compareExports(snapshot, { a: { '.': ['w', 'y'] }, b: { '.': [] } })).toEqual([
      'a: x is no longer exported',
      'a: w is new',
      'a/node: entry is gone',
      'b: new entry, exports nothing',
    ]);
  });
});
