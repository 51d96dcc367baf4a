import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { transform } from 'esbuild';
import { compareOutput } from './extract.mjs';

const timeout = 300_000;

/** @returns {Promise<{ code: number | null, stdout: string, stderr: string }>} */
function spawnIn(cwd, command, args, path) {
  return new Promise((resolve) => {
    const env = {
      ...process.env,
      NO_COLOR: '1',
      FORCE_COLOR: undefined,
      PATH: path + delimiter + process.env.PATH,
    };
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    child.on('error', (e) => resolve({ code: 127, stdout, stderr: `${stderr}${e.message}` }));
    child.on('close', (code, signal) =>
      resolve({ code, stdout, stderr: signal ? `${stderr}\nstopped by ${signal}` : stderr }),
    );
  });
}

/**
 * Runs one block in `cwd` and compares what it prints with what it promises.
 * @param {import('./extract.mjs').Block} block
 * @param {string} cwd - below the folder that has the packages installed
 * @param {{ node: string, bin: string }} options - the Node to run under; the folder of installed commands
 * @returns {Promise<string | undefined>} what is wrong
 */
export async function runBlock(block, cwd, { node, bin }) {
  mkdirSync(cwd, { recursive: true });
  // A wrapper of this name makes `node` and installed commands of a shell block the Node to be tested.
  const path = bin + delimiter + dirname(node);
  let done;
  if (block.language === 'sh') {
    done = await spawnIn(cwd, 'sh', ['-e', '-c', block.code], path);
  } else {
    const file = join(cwd, `line-${block.line}.mjs`);
    try {
      const { code } = await transform(block.code, { loader: 'ts', format: 'esm', target: 'es2022' });
      writeFileSync(file, code);
    } catch (e) {
      return `no TypeScript: ${e.message}`;
    }
    done = await spawnIn(cwd, node, [file], path);
  }
  if (done.code !== 0) return `exit code ${done.code}\n${done.stdout}${done.stderr}`;
  return compareOutput(block.expected, done.stdout);
}
