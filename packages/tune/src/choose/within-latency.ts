import { ladderGrid, type Setting } from './axes.js';
import { leastPassing } from './least-passing.js';
import type { MeasuredSetting, Session } from './session.js';

const TOLERANCE = 0.02;
const CALLS = 25;
/** Below this many queries a recall decides whether a setting is worth measuring whole. */
const SCREEN = 512;
const MOST_MEASURED = 3;

/**
 * The settings whose calls take at most `seconds`, the one with the highest recall first; none if no setting is so fast.
 * The time of a call is its median; the session's calls are of one query.
 */
export async function mostAccurateWithin(session: Session, seconds: number): Promise<MeasuredSetting[]> {
  const [fine, ...others] = session.axes;
  const settings: Setting[] = [];
  for (const rest of ladderGrid(others)) {
    if (session.outOfTime && settings.length > 0) break;
    const at = fine === undefined ? 1 : await largestWithin(session, seconds, rest);
    if (at > 0) settings.push(fine === undefined ? rest : { [fine.name]: fine.value(at), ...rest });
  }
  const screened: { setting: Setting; recall: number }[] = [];
  for (const setting of settings) {
    session.step('look', setting);
    const recalls = await session.recall.recalls(setting, SCREEN);
    screened.push({ setting, recall: recalls.reduce((a, b) => a + b, 0) / recalls.length });
  }
  screened.sort((a, b) => b.recall - a.recall);
  const measured: MeasuredSetting[] = [];
  for (const { setting } of screened.slice(0, MOST_MEASURED)) measured.push(await session.measured(setting));
  return measured.sort((a, b) => b.recallLow - a.recallLow || a.seconds - b.seconds);
}

/** The number of the largest value of the fine parameter whose calls are fast enough; 0 if none is. */
async function largestWithin(session: Session, seconds: number, rest: Setting): Promise<number> {
  const fine = session.axes[0]!;
  const tooSlow = await leastPassing(1, fine.size, TOLERANCE, async (i) => {
    const setting = { [fine.name]: fine.value(i), ...rest };
    session.step('time', setting);
    const [timing] = await session.time.race([setting], { least: CALLS, most: CALLS, seconds: 0 });
    return timing!.seconds > seconds ? 'pass' : 'fail';
  });
  // the bisection stops short: only what is this far below was seen to be fast enough
  return tooSlow === undefined
    ? fine.size
    : Math.max(0, tooSlow - Math.max(1, Math.ceil(TOLERANCE * tooSlow)));
}
