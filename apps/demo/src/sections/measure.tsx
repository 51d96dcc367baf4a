import { paretoFront } from '@lutra/metrics';
import { settingText } from '@lutra/report/data';
import { reach } from '../actions.js';
import { count, duration, percent } from '../format.js';
import {
  type Explored,
  explored,
  index,
  k,
  measured,
  occupied,
  parameters,
  reached,
  steps,
} from '../state.js';
import { Figure } from '../ui/plot.js';
import { Progress } from '../ui/progress.js';
import { Section } from '../ui/section.js';
import { Sliders } from '../ui/slider.js';

const TARGET = 0.95;

/** Recall and speed of the setting at hand, and of all that were looked at. */
export function Measure() {
  const tuning = steps.value.measure?.stage === 'tuning';
  const waiting = steps.value.measure?.stage === 'true neighbours' || tuning;
  return (
    <Section
      id="measure"
      number={5}
      title="Measure it"
      lead="Recall is the share of the true nearest neighbours that a search finds. Every setting that you try becomes a dot; the line joins those that no other beats."
    >
      <div class="two">
        <div class="side">
          <Numbers />
          <Sliders place="measure" />
          <div class="row">
            <button
              type="button"
              class="primary"
              disabled={occupied.value || Object.keys(index.value!.parameters).length === 0}
              onClick={() => reach(TARGET)}
            >
              Reach 95 %
            </button>
            <p class="note">The tuner finds the cheapest setting that is sure to.</p>
          </div>
          {waiting && <Progress place="measure" label="measuring" />}
          <p role="status" id="reached">
            {reached.value && <Told />}
          </p>
        </div>
        <Curve />
      </div>
    </Section>
  );
}

function Told() {
  const { reached: well, why } = reached.value!;
  return (
    <>
      {well ? 'Reached: ' : 'Not reached: '}
      {why}.
    </>
  );
}

function Numbers() {
  const now = measured.value;
  const busy = steps.value.measure !== undefined;
  return (
    <dl class={`numbers${busy ? ' busy' : ''}`} aria-busy={busy}>
      <div>
        <dd id="recall">{now ? percent(now.recall) : '–'}</dd>
        <dt>recall@{k.value}</dt>
      </div>
      <div>
        <dd id="latency">{now ? duration(now.p50 / 1000) : '–'}</dd>
        <dt>one query, median</dt>
      </div>
      <div class="small">
        <dd id="qps">{now ? count(now.qps) : '–'}</dd>
        <dt>queries a second, {now ? count(now.queries) : 'all'} at once</dt>
      </div>
    </dl>
  );
}

function Curve() {
  const points = explored.value;
  const front = paretoFront(points, { maximise: 'recall', minimise: (point) => -point.qps });
  const now = points.find((point) => sameSetting(point) && point.level === index.value!.level);
  const label = `${points.length} settings measured: recall against queries a second. ${front
    .map(
      (point) => `${settingText(point.parameters)}: ${percent(point.recall)}, ${count(point.qps)} a second`,
    )
    .join('; ')}`;
  return (
    <div id="curve" data-points={points.length}>
      <Figure
        label={label}
        ratio={0.72}
        draw={(plot) => ({
          ...{ marginLeft: 46, marginBottom: 38, marginTop: 24, marginRight: 16 },
          x: { type: 'log', label: 'queries a second →', grid: true, ticks: 5, tickFormat: '~s', nice: true },
          y: { label: `↑ recall@${k.value}`, grid: true, domain: [lowest(points), 1], nice: true },
          marks: [
            plot.ruleY([TARGET], { stroke: 'var(--coral)', strokeDasharray: '4 3' }),
            plot.line(front, { x: 'qps', y: 'recall', stroke: 'var(--accent)', strokeWidth: 1.5 }),
            plot.dot(points, {
              ...{ x: 'qps', y: 'recall', r: 4, stroke: 'var(--accent)', strokeWidth: 1.5 },
              fill: (point: Explored) => (point.level === 'scalar' ? 'var(--page)' : 'var(--accent)'),
              title: describe,
            }),
            ...(now
              ? [plot.dot([now], { x: 'qps', y: 'recall', r: 8, stroke: 'var(--coral)', strokeWidth: 2 })]
              : []),
          ],
        })}
      />
      <p class="note">
        Dashed: 95 %. Hollow dots were measured on scalar kernels. {count(front.length)} of{' '}
        {count(points.length)} settings are beaten by no other.
      </p>
    </div>
  );
}

function lowest(points: readonly Explored[]): number {
  return Math.min(0.9, ...points.map(({ recall }) => recall));
}

function describe(point: Explored): string {
  return `${settingText(point.parameters)}\nrecall ${percent(point.recall)}\n${count(point.qps)} queries a second, ${point.level}`;
}

function sameSetting(point: Explored): boolean {
  return Object.entries(parameters.value).every(
    ([name, value]) => point.parameters[name as 'nprobe'] === value,
  );
}
