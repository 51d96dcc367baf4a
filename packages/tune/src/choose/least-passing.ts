/** `never`: it fails, and so does whatever is larger. */
export type Verdict = 'pass' | 'fail' | 'never';

/**
 * The least of the numbers `from` to `size` that passes, where all above one that passes do; undefined if none does. Doubles
 * until one passes, then halves the gap until it is at most `tolerance` of the number, or 1.
 */
export async function leastPassing(
  from: number,
  size: number,
  tolerance: number,
  judge: (i: number) => Promise<Verdict>,
): Promise<number | undefined> {
  let failed = from - 1;
  let at = from;
  for (;;) {
    const verdict = await judge(at);
    if (verdict === 'pass') break;
    if (verdict === 'never' || at >= size) return undefined;
    failed = at;
    at = Math.min(size, 2 * at);
  }
  return narrowed(failed, at, tolerance, judge);
}

/** As {@link leastPassing}, where the number is expected to be near `start`. */
export async function leastPassingNear(
  start: number,
  size: number,
  tolerance: number,
  judge: (i: number) => Promise<Verdict>,
): Promise<number | undefined> {
  const step = Math.max(1, Math.round(0.04 * start));
  const startPasses = (await judge(start)) === 'pass';
  let [failed, passed] = startPasses ? [0, start] : [start, Number.POSITIVE_INFINITY];
  for (let far = step; startPasses ? failed === 0 && passed > 1 : passed > size; far *= 2) {
    const at = startPasses ? Math.max(1, start - far) : Math.min(size, start + far);
    if ((await judge(at)) === 'pass') passed = at;
    else failed = at;
    if (!startPasses && failed >= size) return undefined;
  }
  return narrowed(failed, passed, tolerance, judge);
}

async function narrowed(
  failed: number,
  passed: number,
  tolerance: number,
  judge: (i: number) => Promise<Verdict>,
): Promise<number> {
  let [low, high] = [failed, passed];
  while (high - low > Math.max(1, tolerance * high)) {
    const middle = (low + high) >> 1;
    if ((await judge(middle)) === 'pass') high = middle;
    else low = middle;
  }
  return high;
}
