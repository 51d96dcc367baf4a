import { keyOf, type Setting } from './axes.js';
import type { MeasuredSetting, Session } from './session.js';

/** Above this, or gaining less than this by doubling a parameter, more shows nothing. */
const ENOUGH = 0.9995;
const NOTHING = 0.0005;

/**
 * The chosen setting among its neighbours: each parameter in turn over its ladder, the others as chosen, from the least
 * up to where nothing more is found or the time is up. All of them run against each other. By rising recall.
 */
export async function curveAround(
  session: Session,
  chosen: MeasuredSetting,
  before: MeasuredSetting,
): Promise<MeasuredSetting[]> {
  const settings = new Map<string, Setting>();
  for (const { parameters } of [chosen, before]) settings.set(keyOf(parameters), parameters);
  for (const { name, ladder } of session.axes) {
    let last = -1;
    for (const value of ladder) {
      if (session.outOfTime) break;
      const setting: Setting = { ...chosen.parameters, [name]: value };
      session.step('curve', setting);
      settings.set(keyOf(setting), setting);
      const recall = mean(await session.recall.recalls(setting, session.base));
      if (recall > ENOUGH || (value > chosen.parameters[name]! && recall - last < NOTHING)) break;
      last = recall;
    }
  }
  const seconds = Math.max(0, 0.5 * session.secondsLeft);
  await session.time.race([...settings.values()], { least: 3, most: 5, seconds });
  const curve: MeasuredSetting[] = [];
  for (const setting of settings.values()) curve.push(await session.measured(setting));
  return curve.sort((a, b) => a.recall - b.recall || a.seconds - b.seconds);
}

function mean(values: Float64Array): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
