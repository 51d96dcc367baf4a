/** Values by doubling with one between, so that a slider is as fine at 2 as at 200. */
export function ladder(min: number, max: number): number[] {
  const values = new Set<number>([min]);
  for (let v = Math.max(1, min); v < max; v *= 2) {
    values.add(v);
    if (v >= 4 && (v * 5) / 4 < max) values.add(Math.round((v * 5) / 4));
    if (v >= 2 && (v * 3) / 2 < max) values.add(Math.round((v * 3) / 2));
    if (v >= 4 && (v * 7) / 4 < max) values.add(Math.round((v * 7) / 4));
  }
  values.add(max);
  return [...values].sort((a, b) => a - b);
}
