import { pinnedPnpm } from './paths.mjs';
import { npm, run } from './run.mjs';

/**
 * Makes `pnpm` on the PATH the pinned version, for this process and its children: an installed one of exactly that
 * version, else one that npm fetches into its own cache. Turbo looks pnpm up on the PATH, so an alias would not do.
 * @returns {Promise<string>} how it was found
 */
export async function findPnpm() {
  const version = pinnedPnpm();
  // Without this, an installed pnpm of another version answers with the pinned one after downloading it.
  const env = { npm_config_manage_package_manager_versions: 'false', COREPACK_ENABLE_STRICT: '0' };
  const installed = await run('pnpm', ['--version'], { env });
  if (installed.code === 0 && installed.output.trim().split(/\s+/).at(-1) === version)
    return `pnpm ${version}`;

  const args = ['exec', '--yes', `--package=pnpm@${version}`, '--', 'node', '-p', 'process.env.PATH'];
  const fetched = await npm(args);
  const path = fetched.output.trim().split(/\r?\n/).at(-1);
  if (fetched.code !== 0 || !path)
    throw new Error(`pnpm ${version} could not be fetched by npm:\n${fetched.output}`);
  process.env.PATH = path;
  const check = await run('pnpm', ['--version'], { env });
  if (check.output.trim() !== version) {
    throw new Error(`pnpm ${version} was fetched, but the PATH answers: ${check.output.trim()}`);
  }
  return `pnpm ${version} through npm`;
}
