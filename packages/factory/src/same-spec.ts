/** Whether two plain trees are equal; a field that is undefined equals one that is absent. */
export function sameSpec(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  for (const key of keys) if (!sameSpec(Reflect.get(a, key), Reflect.get(b, key))) return false;
  return true;
}
