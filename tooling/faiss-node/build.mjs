import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, runNode } from '../bootstrap/run.mjs';

const here = createRequire(import.meta.url);
const compat = fileURLToPath(new URL('compat.h', import.meta.url));

/** Where the headers of faiss are looked for. */
const includeFolders = ['/usr/include', '/usr/local/include'];

/**
 * The installed package, whose own install step downloads a binary or clones faiss.
 * @param {string} from - a folder that has faiss-node in its node_modules, or in those above
 * @returns {string | undefined}
 */
export function findPackage(from) {
  try {
    return dirname(createRequire(join(from, 'package.json')).resolve('faiss-node/package.json'));
  } catch {
    return undefined;
  }
}

/** The binary that the package loads. */
export const binaryOf = (folder) => join(folder, 'build/Release/faiss-node.node');

/**
 * Whether the package loads, asked of a process of its own: faiss-node must not be in two threads of one.
 * @param {string} folder
 */
export async function loads(folder) {
  const script = 'require(process.argv[1]).Index.fromFactory(2, "Flat")';
  return (await runNode(['-e', script, folder])).code === 0;
}

/** The version of the faiss whose headers are installed, `major.minor.patch`, or undefined. */
export function systemFaiss() {
  for (const folder of includeFolders) {
    const header = join(folder, 'faiss/Index.h');
    if (!existsSync(header)) continue;
    const text = readFileSync(header, 'utf8');
    const parts = ['MAJOR', 'MINOR', 'PATCH'].map((part) =>
      new RegExp(`FAISS_VERSION_${part} (\\d+)`).exec(text)?.at(1),
    );
    if (parts.every(Boolean)) return parts.join('.');
  }
  return undefined;
}

/** Whether the header has the name that faiss-node wants, which 1.7.3 lacks. */
const needsCompat = (version) => version === '1.7.3';

/**
 * Compiles faiss-node against the installed libfaiss and puts the binary where the package looks for it.
 * @param {string} folder - of the package
 * @param {string} faiss - version of the installed faiss
 * @returns {Promise<{ code: number, output: string }>}
 */
export async function build(folder, faiss) {
  const target = binaryOf(folder);
  mkdirSync(dirname(target), { recursive: true });
  const partial = `${target}.${process.pid}`;
  const headers = [
    join(dirname(here.resolve('node-api-headers/package.json')), 'include'),
    dirname(here.resolve('node-addon-api/package.json')),
  ];
  const result = await run(process.env.CXX || 'c++', [
    ...['-shared', '-fPIC', '-O2', '-std=c++17', '-fopenmp', '-w'],
    ...['-DNAPI_VERSION=8', '-DNAPI_CPP_EXCEPTIONS', '-DNODE_GYP_MODULE_NAME=faiss_node'],
    ...headers.map((path) => `-I${path}`),
    ...(needsCompat(faiss) ? ['-include', compat] : []),
    ...[join(folder, 'src/faiss.cc'), '-o', partial, '-lfaiss', '-lopenblas'],
  ]);
  if (result.code !== 0) return result;
  renameSync(partial, target);
  const sha256 = createHash('sha256').update(readFileSync(target)).digest('hex');
  writeFileSync(`${target}.json`, `${JSON.stringify({ faiss, sha256 }, null, 2)}\n`);
  return result;
}
