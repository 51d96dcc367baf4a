/**
 * Order of two strings by Unicode code point, as Python's `sorted`; negative if `a` comes first. JavaScript's own order
 * is by UTF-16 code unit and puts U+FFFD after every character beyond U+FFFF.
 */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const byPlane = Number(isSurrogate(x)) - Number(isSurrogate(y));
    return byPlane !== 0 ? byPlane : x - y;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
