/** What must not ship, wherever it lies. */
const unwanted = [
  /(^|\/)(test|tests|__tests__|fixtures)\//,
  /\.(test|bench)\.[^/]+$/,
  /(^|\/)tsup\.config\./,
];

/**
 * Faults of the files of one tarball.
 * @param {Map<string, string>} files - path in the package → text
 * @param {string[]} secrets - absolute paths that must not leak: the checkout, the home folder
 * @param {{ hasApi: boolean }} options - whether the package has anything to tell a README about
 * @returns {string[]}
 */
export function checkContents(files, secrets, { hasApi }) {
  const problems = [];
  for (const [path, text] of files) {
    if (unwanted.some((pattern) => pattern.test(path))) problems.push(`${path} must not ship`);
    const leak = secrets.find((secret) => text.includes(secret));
    if (leak) problems.push(`${path} holds the absolute path ${leak}`);
  }
  const manifest = files.get('package.json') ?? '{}';
  if (/"(workspace|catalog|link):/.test(manifest)) problems.push('package.json holds a workspace protocol');
  for (const wanted of ['LICENSE', ...(hasApi ? ['README.md'] : [])]) {
    if (!files.has(wanted)) problems.push(`${wanted} is missing`);
  }
  return problems;
}

/**
 * Targets of an `exports` map and of `bin` that are not among the files.
 * @param {any} manifest
 * @param {Set<string>} paths
 * @returns {string[]}
 */
export function missingTargets(manifest, paths) {
  const targets = (value) =>
    typeof value === 'string'
      ? [value]
      : value && typeof value === 'object'
        ? Object.values(value).flatMap(targets)
        : [];
  return [...new Set([...targets(manifest.exports), ...targets(manifest.bin)])]
    .filter((target) => !target.includes('*') && !paths.has(target.replace(/^\.\//, '')))
    .map((target) => `${target} is named in package.json and is not there`);
}
