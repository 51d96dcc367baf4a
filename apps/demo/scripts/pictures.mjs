// Makes the pictures that the tests compare with, `test/screens`, and the one of the README, `docs/images/demo.png`, from
// the built page: turbo run build --filter=@lutra/demo, then node apps/demo/scripts/pictures.mjs
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const args = ['node_modules/vitest/vitest.mjs', 'run', '--project=demo', 'screens'];
const env = { ...process.env, LUTRA_PICTURES: 'write' };
process.exitCode = spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' }).status ?? 1;
