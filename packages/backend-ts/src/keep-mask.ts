/**
 * 1 for each of `n` entries that stays, 0 for each whose id `test` selects. Made whole before anything is removed: a test
 * that throws then leaves everything as it was.
 * @param ids - of the entries; they count from 0 unless told
 */
export function keepMask(n: number, test: (id: number) => boolean, ids?: Float64Array): Uint8Array {
  const keep = new Uint8Array(n);
  for (let i = 0; i < n; i++) keep[i] = test(ids ? ids[i]! : i) ? 0 : 1;
  return keep;
}
