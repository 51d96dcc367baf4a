/** @typedef {Record<string, Record<string, string[]>>} ExportsSnapshot package → subpath → sorted names */

/**
 * Names that came or went, one sentence each.
 * @param {ExportsSnapshot} wanted
 * @param {ExportsSnapshot} found
 * @returns {string[]}
 */
export function compareExports(wanted, found) {
  const entries = (snapshot) =>
    Object.entries(snapshot).flatMap(([name, subpaths]) =>
      Object.entries(subpaths).map(([subpath, names]) => [name + subpath.slice(1), names]),
    );
  const [before, after] = [new Map(entries(wanted)), new Map(entries(found))];
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((entry) => {
    const [old, now] = [before.get(entry), after.get(entry)];
    if (!old) return [`${entry}: new entry, exports ${now?.join(', ') || 'nothing'}`];
    if (!now) return [`${entry}: entry is gone`];
    const gone = old
      .filter((name) => !now.includes(name))
      .map((name) => `${entry}: ${name} is no longer exported`);
    return [...gone, ...now.filter((name) => !old.includes(name)).map((name) => `${entry}: ${name} is new`)];
  });
}
