import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkLayers } from '../check.mjs';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'layers-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function put(path: string, content: string | object): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
}

const core = { name: '@lutra/core', exports: { './node': './dist/node.js' } };

/** A tree that keeps every rule; each test breaks one. */
function soundTree(): void {
  put('packages/core/package.json', core);
  put('packages/core/src/index.ts', "export { a } from './a.js';\n");
  put('packages/core/src/a.ts', 'export const a = 1;\n');
  put('packages/core/src/node.ts', "import { open } from 'node:fs/promises';\nexport { open };\n");
  put('packages/npy/package.json', {
    name: '@lutra/npy',
    exports: { '.': './dist/index.js', './node': './dist/node.js' },
    dependencies: { '@lutra/core': 'workspace:*', npyjs: '1.2.0' },
  });
  put(
    'packages/npy/src/index.ts',
    "import { a } from '@lutra/core';\nimport npyjs from 'npyjs';\nexport { a, npyjs };\n",
  );
  put('packages/factory/package.json', {
    name: '@lutra/factory',
    dependencies: { '@lutra/core': 'workspace:*' },
  });
  put('packages/factory/src/index.ts', 'export {};\n');
  put('docs/decisions/0004-dependencies.md', '| `npyjs` | headers |\n');
}

const problems = (): string[] => checkLayers(root).problems;

it('passes a sound tree', () => {
  soundTree();
  expect(checkLayers(root)).toEqual({ packages: 3, problems: [] });
});

describe('arrows', () => {
  it('catches an arrow upwards', () => {
    soundTree();
    put('packages/core/package.json', { ...core, dependencies: { '@lutra/npy': 'workspace:*' } });
    expect(problems()).toContain('packages/core: layer 0 depends upwards on @lutra/npy, layer 1');
  });

  it('catches an arrow sideways, in peer dependencies too', () => {
    soundTree();
    put('packages/factory/package.json', {
      name: '@lutra/factory',
      peerDependencies: { '@lutra/npy': 'workspace:*' },
    });
    expect(problems()).toEqual(['packages/factory: layer 1 depends sideways on @lutra/npy, layer 1']);
  });

  it('lets a test use a higher layer, but not in a circle', () => {
    soundTree();
    put('packages/core/package.json', {
      ...core,
      devDependencies: { '@lutra/factory': 'workspace:*' },
    });
    expect(problems()).toEqual(['cycle: @lutra/core → @lutra/factory → @lutra/core']);
    put('packages/factory/package.json', { name: '@lutra/factory' });
    expect(problems()).toEqual([]);
  });

  it('catches a package without a layer, and a test kit at run time', () => {
    soundTree();
    put('packages/new/package.json', { name: '@lutra/new' });
    put('packages/lutra/package.json', {
      name: 'lutra',
      dependencies: { '@lutra/conformance': 'workspace:*' },
    });
    expect(problems()).toEqual([
      'packages/lutra: @lutra/conformance is for tests, list it in devDependencies',
      'packages/new: @lutra/new has no layer in tooling/layer-check/layers.mjs',
    ]);
  });

  it('catches a runtime dependency that nobody decided on', () => {
    soundTree();
    put('docs/decisions/0004-dependencies.md', '| `npyjs-other` |\n');
    expect(problems()).toEqual([
      'packages/npy: runtime dependency npyjs has no row in docs/decisions/0004-dependencies.md',
    ]);
  });
});

describe('imports', () => {
  const cases: [what: string, source: string, problem: string][] = [
    ['a static import', "import x from 'left-pad';", 'imports left-pad, but package.json'],
    ['a type import', "import type { X } from '@lutra/kernels';", 'imports @lutra/kernels, but package.json'],
    ['a re-export', "export { x } from '@scope/thing/deep';", 'imports @scope/thing/deep, but package.json'],
    ['a dynamic import', "const x = await import('left-pad');", 'imports left-pad, but package.json'],
    ['a Node builtin', "import { readFileSync } from 'node:fs';", 'imports node:fs outside of src/node.ts'],
    ['a bare builtin', "import fs from 'fs/promises';", 'imports fs/promises outside of src/node.ts'],
    ['its own Node half', "import { open } from './node.js';", 'imports ./node.js, which is for Node only'],
    [
      'the Node half of another',
      "import { x } from '@lutra/core/node';",
      'imports @lutra/core/node outside of',
    ],
    ['a file of another package', "import { a } from '../../core/src/a.js';", 'which is outside of its src'],
    ['an unmapped private name', "import { a } from '#a';", 'which package.json does not map'],
  ];
  it.each(cases)('catches %s', (_, source, problem) => {
    soundTree();
    put('packages/npy/src/deep.ts', `${source}\nexport const done = 1;\n`);
    const found = problems();
    expect(found).toHaveLength(1);
    expect(found[0]).toContain('packages/npy/src/deep.ts: imports');
    expect(found[0]).toContain(problem);
  });

  it('knows a node.ts that is no entry for Node', () => {
    soundTree();
    put('packages/factory/src/node.ts', 'export interface TreeNode {}\n');
    put('packages/factory/src/index.ts', "export type { TreeNode } from './node.js';\n");
    expect(problems()).toEqual([]);
    put('packages/factory/src/node.ts', "import 'node:fs';\n");
    expect(problems()).toEqual([
      'packages/factory/src/node.ts: imports node:fs outside of src/node.ts and src/node/',
    ]);
  });

  it('reads code, not comments and strings', () => {
    soundTree();
    put(
      'packages/npy/src/deep.ts',
      "// import x from 'left-pad';\nexport const s = \"import 'left-pad'\";\n",
    );
    expect(problems()).toEqual([]);
  });

  it('lets a package read its own manifest', () => {
    soundTree();
    put(
      'packages/npy/src/version.ts',
      "import manifest from '../package.json';\nexport const { version } = manifest;\n",
    );
    expect(problems()).toEqual([]);
  });

  it('catches an undeclared import of an app, and lets it use Node', () => {
    soundTree();
    put('apps/cli/package.json', { name: '@lutra/cli', dependencies: { '@lutra/core': 'workspace:*' } });
    put('apps/cli/src/main.ts', "import 'node:fs';\nimport '@lutra/core/node';\nimport '@lutra/npy';\n");
    expect(problems()).toEqual([
      'apps/cli/src/main.ts: imports @lutra/npy, but package.json does not declare @lutra/npy as a runtime dependency',
    ]);
  });
});

it('catches a source file over 400 lines, and lets generated files and tests grow', () => {
  soundTree();
  put('packages/core/src/long.ts', '// line\n'.repeat(401));
  put('packages/core/src/full.ts', '// line\n'.repeat(400));
  put('packages/core/src/generated/long.ts', '// line\n'.repeat(401));
  put('packages/core/test/long.test.ts', '// line\n'.repeat(401));
  put('tooling/a/long.mjs', '// line\n'.repeat(402));
  expect(problems()).toEqual([
    'packages/core/src/long.ts: 401 lines, at most 400',
    'tooling/a/long.mjs: 402 lines, at most 400',
  ]);
});
