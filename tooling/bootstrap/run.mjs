import { spawn } from 'node:child_process';
import { root } from './paths.mjs';

const windows = process.platform === 'win32';

/** The environment of every child: no telemetry, no colour codes in captured logs. */
const quietEnv = {
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
  TURBO_NO_UPDATE_NOTIFIER: '1',
  NO_UPDATE_NOTIFIER: '1',
};

/** `cmd.exe` splits at spaces and acts on `&|<>^`; everything else passes through quotes. */
const quoteForCmd = (text) => (/^[\w@%+=:,./\\-]+$/.test(text) ? text : `"${text.replaceAll('"', '""')}"`);

/**
 * Runs a command in the checkout and resolves when it ends; never rejects.
 * Scripts behind `.cmd` files (npm, pnpm, npx) need a shell on Windows; `node` does not.
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: Record<string, string | undefined>, cwd?: string, show?: boolean }} [options] `show` hands the
 *   terminal to the child instead of capturing what it prints
 * @returns {Promise<{ code: number, output: string }>}
 */
export function run(command, args, { env = {}, cwd = root, show = false } = {}) {
  const shell = windows && command !== process.execPath;
  const [file, list] = shell ? [quoteForCmd(command), args.map(quoteForCmd)] : [command, args];
  const childEnv = {
    ...process.env,
    ...quietEnv,
    ...(show ? {} : { NO_COLOR: '1', FORCE_COLOR: undefined }),
    ...env,
  };
  return new Promise((resolve) => {
    const child = spawn(file, list, {
      cwd,
      env: childEnv,
      shell,
      stdio: show ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    });
    const chunks = [];
    child.stdout?.on('data', (chunk) => chunks.push(chunk));
    child.stderr?.on('data', (chunk) => chunks.push(chunk));
    const finish = (code, extra = '') =>
      resolve({ code, output: Buffer.concat(chunks).toString('utf8') + extra });
    child.on('error', (e) => finish(127, `${command}: ${e.message}\n`));
    child.on('close', (code, signal) => finish(code ?? 1, signal ? `\nstopped by ${signal}\n` : ''));
  });
}

/** Runs a Node script with this Node. */
export const runNode = (args, options) => run(process.execPath, args, options);

/** npm by its own script when npm started us (no shell in between), else by name. */
export function npm(args, options) {
  const script = process.env.npm_execpath;
  return script && /npm-cli\.c?js$/.test(script)
    ? runNode([script, ...args], options)
    : run('npm', args, options);
}
