const terminal = process.stdout.isTTY === true && !process.env.CI;
/** Titles of what is under way, which the last line of a terminal names. @type {Set<string>} */
const running = new Set();
const marks = { passed: '✓', failed: '✗', skipped: '○' };

/** @param {number} milliseconds */
const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(1)} s`.padStart(8);

function showRunning() {
  if (terminal) process.stdout.write(`\r\u001b[K${running.size > 0 ? `… ${[...running].join(', ')}` : ''}`);
}

/**
 * Runs one named step and prints one line for it, and the whole log only when it failed.
 * @param {string} title
 * @param {() => Promise<{ code: number, output?: string, note?: string, skipped?: boolean }>} work
 * @returns {Promise<{ code: number, output?: string, note?: string, skipped?: boolean }>}
 */
export async function step(title, work) {
  running.add(title);
  showRunning();
  const start = performance.now();
  let result;
  try {
    result = await work();
  } catch (e) {
    result = { code: 1, output: e instanceof Error ? (e.stack ?? e.message) : String(e) };
  }
  const state = result.skipped ? 'skipped' : result.code === 0 ? 'passed' : 'failed';
  if (terminal) process.stdout.write('\r\u001b[K');
  const note = result.note ? `  ${result.note}` : '';
  console.log(`${marks[state]} ${title.padEnd(38)} ${seconds(performance.now() - start)}${note}`);
  if (state === 'failed' && result.output) {
    console.log(`\n${result.output.trimEnd().replace(/^/gm, '    ')}\n`);
  }
  running.delete(title);
  showRunning();
  return result;
}
