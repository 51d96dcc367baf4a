// The engines that can be measured, and how each is started.
import { basename, join } from 'node:path';
import { bundle } from './bundle.mjs';
import { EngineProcess } from './engine-process.mjs';
import { here, root } from './paths.mjs';
import { peer } from './peers.mjs';

/** An engine that runs in Node: its module in engines/, what it is given, the Node that runs it. */
export async function nodeEngine({
  name,
  module,
  options = {},
  node = process.execPath,
  checkout = root,
  flags = [],
}) {
  const host = join(here, 'hosts/js-host.mjs');
  const path = join(here, 'engines', `${module}.mjs`);
  const args = [...flags, host, await bundle(checkout), path, JSON.stringify(options)];
  return { name, command: node, args };
}

/** Lutra from a checkout; `level` and `threads` as its backend takes them, `sketches` as its searches do. */
export function lutra({ checkout = root, node, level, threads, sketches, name } = {}) {
  const other = checkout === root ? '' : `@${basename(checkout)}`;
  const what = `${level ? `:${level}` : ''}${threads > 1 ? ` ${threads} threads` : ''}${sketches ? ' sketches' : ''}`;
  return nodeEngine({
    name: name ?? `lutra${other}${what}`,
    module: 'lutra',
    options: { level, threads, sketches },
    node,
    checkout,
  });
}

/** faiss-cpu in Python. */
export async function faiss({
  python,
  threads = 1,
  name = threads > 1 ? `faiss ${threads} threads` : 'faiss',
}) {
  return {
    name,
    command: python,
    args: [join(here, 'hosts/faiss_host.py'), JSON.stringify({ threads })],
    env: { OMP_NUM_THREADS: String(threads), OPENBLAS_NUM_THREADS: String(threads) },
  };
}

/** A package of npm, installed on demand; `module` is its file in engines/. */
export async function peerEngine({ module, node, options = {} }) {
  return nodeEngine({ name: module, module, options: { peer: await peer(module), ...options }, node });
}

/** Starts an engine and asks who it is. */
export async function start(how) {
  const engine = new EngineProcess(await how);
  try {
    return Object.assign(engine, { about: await engine.call('about') });
  } catch (e) {
    await engine.close();
    throw e;
  }
}
