import { run } from '../bootstrap/run.mjs';
import { findChromium } from '../vitest/chromium.mjs';

/** In CI what is missing is a failure: .ci/run installs it. */
const strict = Boolean(process.env.CI) && process.env.CI !== 'false';

/**
 * The outcome of a step whose requirement is not on this machine.
 * @param {string} reason
 */
export const missing = (reason) =>
  strict
    ? { code: 1, output: `${reason}; CI must have it` }
    : { code: 0, skipped: true, counts: { passed: 0, failed: 0, skipped: 1 }, note: `SKIPPED: ${reason}` };

export { findChromium };

/**
 * A Python with faiss: `LUTRA_PYTHON`, else the one of the path.
 * @returns {Promise<{ python: string, faiss: string } | undefined>}
 */
export async function findFaiss() {
  const given = process.env.LUTRA_PYTHON;
  for (const python of given ? [given] : ['python3', 'python']) {
    const { code, output } = await run(python, ['-c', 'import faiss, numpy; print(faiss.__version__)']);
    if (code === 0) return { python, faiss: output.trim().split(/\s+/).at(-1) ?? '' };
  }
  return undefined;
}
