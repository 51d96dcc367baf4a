import { readFileSync } from 'node:fs';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { checkContents, missingTargets } from './contents.mjs';

/** Resolutions that an ESM-only package does not serve: the `esm-only` profile of attw. */
const notServed = new Set(['node10', 'node16-cjs']);

const describeProblem = ({ kind, entrypoint, resolutionKind }) =>
  `attw: ${kind}${entrypoint ? ` at ${entrypoint}` : ''}${resolutionKind ? ` for ${resolutionKind}` : ''}`;

async function checkTypes(pkg) {
  const result = await checkPackage(pkg, { excludeEntrypoints: ['./package.json'] });
  if (result.types === false) return ['attw: no types'];
  return result.problems
    .filter((problem) => !notServed.has(problem.resolutionKind ?? problem.resolutionOption))
    .map(describeProblem);
}

/**
 * Faults of one tarball: what ships and what does not, publint's and attw's findings.
 * @param {string} path
 * @param {string[]} secrets
 * @param {{ hasApi: boolean, hasModules: boolean }} options
 * @returns {Promise<string[]>}
 */
export async function checkTarball(path, secrets, { hasApi, hasModules }) {
  const data = new Uint8Array(readFileSync(path));
  const pkg = createPackageFromTarballData(data);
  const prefix = `/node_modules/${pkg.packageName}/`;
  const files = new Map(pkg.listFiles().map((file) => [file.slice(prefix.length), pkg.readFile(file)]));
  const manifest = JSON.parse(files.get('package.json') ?? '{}');
  const { messages } = await publint({ pack: { tarball: data.buffer }, strict: true });
  return [
    ...checkContents(files, secrets, { hasApi }),
    ...missingTargets(manifest, new Set(files.keys())),
    ...messages.map((message) => `publint: ${formatMessage(message, manifest, { color: false })}`),
    ...(hasModules ? await checkTypes(pkg) : []),
  ];
}
