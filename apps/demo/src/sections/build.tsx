import { formatBytes } from '@lutra/report/data';
import { build, setEngine } from '../actions.js';
import { count, duration } from '../format.js';
import type { Engine, IndexInfo, Level } from '../protocol.js';
import { buildable, engine, environment, factoryText, index, occupied, steps } from '../state.js';
import { Progress } from '../ui/progress.js';
import { Section } from '../ui/section.js';

/** Training, adding, and what computes them. */
export function Build() {
  const busy = steps.value.build !== undefined;
  const info = index.value;
  return (
    <Section
      id="build"
      number={3}
      title="Train and add"
      lead="Training learns the centroids and codebooks from your vectors; adding writes every vector down. The same string, data and seed give the same bytes, whatever computes them."
    >
      <div class="row">
        <button
          type="button"
          class="primary"
          disabled={occupied.value || !buildable.value}
          onClick={() => build()}
        >
          {info ? 'Train and add again' : 'Train and add'}
        </button>
        <EngineChoice />
      </div>
      <Progress place="build" label="training and adding" />
      {info && !busy && <Outcome info={info} />}
    </Section>
  );
}

const LEVELS: Readonly<Record<Level, string>> = {
  auto: 'fastest',
  'relaxed-simd': 'relaxed SIMD',
  simd128: 'SIMD, 128 bits',
  scalar: 'scalar TypeScript',
};

function EngineChoice() {
  const found = environment.value;
  if (!found) return null;
  const change = (part: Partial<Engine>): void => void setEngine({ ...engine.value, ...part });
  const threads = found.shared ? Array.from({ length: Math.min(found.cores, 8) }, (_, i) => i + 1) : [1];
  return (
    <>
      <label class="field">
        Kernels
        <select
          id="level"
          value={engine.value.level}
          disabled={occupied.value}
          onChange={(event) => change({ level: event.currentTarget.value as Level })}
        >
          {(['auto', ...found.levels] as const).map((level) => (
            <option key={level} value={level}>
              {LEVELS[level]}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        Threads
        <select
          id="threads"
          value={engine.value.threads}
          disabled={occupied.value || !found.shared}
          onChange={(event) => change({ threads: Number(event.currentTarget.value) })}
        >
          {threads.map((n) => (
            <option key={n} value={n}>
              {n}
            </option>
          ))}
        </select>
      </label>
      {!found.shared && (
        <p class="note">One thread: the server does not isolate this page, so memory cannot be shared.</p>
      )}
    </>
  );
}

function Outcome({ info }: { info: IndexInfo }) {
  const stale = info.factory !== factoryText.value && !info.factory.startsWith('L2norm,');
  return (
    <div id="outcome">
      <p>
        <code class="name">{info.factory}</code> holds {count(info.ntotal)} vectors in{' '}
        {formatBytes(info.bytes)}, made in <strong>{duration(info.seconds)}</strong> on {LEVELS[info.level]}{' '}
        kernels
        {info.threads > 1 ? ` and ${info.threads} threads` : ''}.
      </p>
      <Stages info={info} />
      {info.note && <p class="note">{info.note}</p>}
      {stale && <p class="note">The string above has changed since: train and add again to use it.</p>}
    </div>
  );
}

function Stages({ info: { stages, seconds } }: { info: IndexInfo }) {
  const shown = stages.filter((stage) => stage.seconds > 0.004 * seconds);
  return (
    <ol class="stages" aria-label="Time by stage">
      {shown.map(({ name, seconds: took }, i) => (
        <li key={name} style={{ '--part': took / seconds, '--shade': i }}>
          <span class="band" />
          <span>{name}</span> <small>{duration(took)}</small>
        </li>
      ))}
    </ol>
  );
}
