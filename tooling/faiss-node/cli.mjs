// Makes faiss-node loadable without its own download: compiles it against the system's libfaiss (Debian and Ubuntu:
// libfaiss-dev, libopenblas-dev, g++). `node tooling/faiss-node/cli.mjs [folder]` works on the faiss-node that `folder`
// (this checkout unless told) has installed. As root it installs what is missing by apt-get.
import { resolve } from 'node:path';
import { root } from '../bootstrap/paths.mjs';
import { run } from '../bootstrap/run.mjs';
import { binaryOf, build, findPackage, loads, systemFaiss } from './build.mjs';

const debianPackages = ['g++', 'libfaiss-dev', 'libopenblas-dev'];

const folder = process.argv[2] ? resolve(process.argv[2]) : `${root}/packages/backend-faiss`;
process.exitCode = await main(folder);

/** @param {string} from */
async function main(from) {
  const found = findPackage(from);
  if (!found)
    return tell(1, `faiss-node is not installed in ${from}: npm install --ignore-scripts faiss-node@0.5.1`);
  if (await loads(found)) return tell(0, `faiss-node loads already (${found})`);
  const missing = await missingTools();
  if (missing) return tell(1, missing);
  const faiss = systemFaiss();
  const { code, output } = await build(found, faiss);
  if (code !== 0) return tell(1, `${output}\nfaiss-node did not compile against faiss ${faiss}`);
  if (!(await loads(found))) return tell(1, `the binary was built and does not load: ${binaryOf(found)}`);
  return tell(0, `faiss-node built against faiss ${faiss}: ${binaryOf(found)}`);
}

/** Why this machine cannot build, after an attempt to install what is missing; undefined if it can. */
async function missingTools() {
  if (await complete()) return undefined;
  const wish = `wanted: ${debianPackages.join(', ')} (apt-get install ${debianPackages.join(' ')})`;
  const apt = await run('apt-get', ['--version']);
  if (apt.code !== 0) return `no libfaiss to build against, and no apt-get here; ${wish}`;
  if (process.getuid?.() !== 0) return `no libfaiss to build against, and only root can install it; ${wish}`;
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-qq'], { env });
  const install = ['install', '-y', '-qq', '--no-install-recommends', ...debianPackages];
  const { code, output } = await run('apt-get', install, { env });
  if (code !== 0) return `${output}\napt-get could not install; ${wish}`;
  return (await complete()) ? undefined : `installed, and still incomplete; ${wish}`;
}

async function complete() {
  const compiler = await run(process.env.CXX || 'c++', ['--version']);
  return compiler.code === 0 && systemFaiss() !== undefined;
}

function tell(code, text) {
  console.log(text);
  return code;
}
