/**
 * Whether `version` (`20.19.0`) satisfies `range`, which is `>=major.minor`.
 * @param {string} version
 * @param {string} range
 */
export function satisfies(version, range) {
  const [major, minor] = version.split('.').map(Number);
  const [wantMajor, wantMinor] = range.replace(/^>=/, '').split('.').map(Number);
  return major > wantMajor || (major === wantMajor && minor >= (wantMinor ?? 0));
}
