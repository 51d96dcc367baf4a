import { npm } from '../bootstrap/run.mjs';

/**
 * Node releases that users run beside the floor; the npm package `node` carries the binaries. Updated by hand.
 */
export const otherNodes = ['24.21.0', '26.10.0'];

/**
 * The path of a Node binary of that version, fetched by npm into its own cache.
 * @param {string} version
 */
export async function fetchNode(version) {
  const args = ['exec', '--yes', `--package=node@${version}`, '--', 'node', '-p', 'process.execPath'];
  const { code, output } = await npm(args);
  const path = output.trim().split(/\r?\n/).at(-1);
  if (code !== 0 || !path) throw new Error(`node@${version} could not be fetched by npm:\n${output}`);
  return path;
}
