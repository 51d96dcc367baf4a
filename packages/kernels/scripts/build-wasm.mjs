// Compiles assembly/ to WebAssembly, once a level: src/generated/<level>.ts (base64 and sha256, nothing that changes
// from build to build) and build/<level>.wat for reading. `--check` builds twice, without touching either, and compares.
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Options of the compiler beside those of asconfig.json, a level. */
const LEVELS = { simd128: [], 'relaxed-simd': ['--enable', 'relaxed-simd'] };

/** Compiles in memory; returns the bytes and the text form. */
async function compile(level) {
  const files = new Map();
  const { error, stderr } = await asc.main(
    [
      '--config',
      'asconfig.json',
      '--target',
      'release',
      ...LEVELS[level],
      '--outFile',
      'out.wasm',
      '--textFile',
      'out.wat',
      '--baseDir',
      root,
    ],
    { writeFile: (name, contents) => void files.set(name, contents) },
  );
  if (error) throw new Error(`asc: ${error.message}\n${stderr.toString()}`);
  return { wasm: files.get('out.wasm'), wat: files.get('out.wat') };
}

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** The module that the library imports. */
function moduleText(level, wasm) {
  return [
    '// Made by scripts/build-wasm.mjs from assembly/; not edited by hand.',
    `/** The \`${level}\` build of the kernels, ${wasm.length} bytes, as base64. */`,
    `export const wasmBase64: string =\n  '${Buffer.from(wasm).toString('base64')}';`,
    '/** Its sha256, in hex. */',
    `export const wasmSha256: string = '${sha256(wasm)}';`,
    '',
  ].join('\n');
}

for (const level of Object.keys(LEVELS)) {
  const { wasm, wat } = await compile(level);
  if (process.argv.includes('--check')) {
    const again = sha256((await compile(level)).wasm);
    if (again !== sha256(wasm)) throw new Error(`${level}: two builds differ: ${sha256(wasm)} and ${again}`);
    console.log(`${level}: two builds agree: ${again}`);
  } else {
    await mkdir(join(root, 'src/generated'), { recursive: true });
    await mkdir(join(root, 'build'), { recursive: true });
    await writeFile(join(root, `src/generated/${level}.ts`), moduleText(level, wasm));
    await writeFile(join(root, `build/${level}.wat`), wat);
    console.log(`${level}: ${wasm.length} bytes, sha256 ${sha256(wasm)}`);
  }
}
