import { isLutraError, LutraError } from '@lutra/core';
import { type CheckedFactory, describeFactory, type FactoryToken, type Recommendation } from '@lutra/factory';
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { advise } from '../actions.js';
import { completionsOf } from '../completion.js';
import { bytes, count } from '../format.js';
import type { DatasetInfo, PageMetric } from '../protocol.js';
import { sentence } from '../sentence.js';
import { advice, dataset, factoryText, metric, occupied } from '../state.js';
import { Section } from '../ui/section.js';

type Reading = { checked: CheckedFactory } | { fault: LutraError };

/** The string of the bar, read for the set at hand. */
export function readingOf(text: string, { d }: DatasetInfo, by: PageMetric): Reading {
  try {
    return { checked: describeFactory(text, { d, metric: by === 'l2' ? 'l2' : 'ip' }) };
  } catch (e) {
    if (isLutraError(e)) return { fault: e as LutraError };
    throw e;
  }
}

/** Whether the string can be built for the set by this engine. */
export function canBuild(): boolean {
  const set = dataset.value;
  if (!set) return false;
  const reading = readingOf(factoryText.value, set, metric.value);
  return 'checked' in reading && reading.checked.minTrainRows <= set.n && advice.value?.refusal === undefined;
}

/** The string, what is wrong with it, what may follow, and what it comes to. */
export function Factory() {
  const set = dataset.value!;
  const reading = readingOf(factoryText.value, set, metric.value);
  return (
    <Section
      id="factory"
      number={2}
      title="Name the pipeline"
      lead={
        <>
          A factory string reads from left to right: what is done to a vector before it is stored, how the
          stored ones are sorted into lists, how they are written down, and what looks at the best of them
          once more.
        </>
      }
    >
      <Bar />
      {'fault' in reading ? <Fault fault={reading.fault} /> : <Meaning checked={reading.checked} set={set} />}
      <Advised />
    </Section>
  );
}

function Bar() {
  const input = useRef<HTMLInputElement>(null);
  const focused = useSignal(false);
  const change = (text: string): void => {
    factoryText.value = text;
    void advise();
  };
  const text = factoryText.value;
  useEffect(() => {
    if (input.current && input.current.value !== text) input.current.value = text;
  }, [text]);
  const completions = completionsOf(text);
  return (
    <>
      <div class="bar">
        <label for="factory-string">Factory string</label>
        <input
          ref={input}
          id="factory-string"
          class="string"
          type="text"
          spellcheck={false}
          autocomplete="off"
          autocapitalize="off"
          disabled={occupied.value}
          aria-describedby="factory-says"
          onInput={(event) => change(event.currentTarget.value)}
          onFocus={() => (focused.value = true)}
        />
        <label for="metric">Metric</label>
        <select
          id="metric"
          value={metric.value}
          disabled={occupied.value}
          onChange={(event) => {
            metric.value = event.currentTarget.value as PageMetric;
            void advise();
          }}
        >
          <option value="l2">l2 (squared)</option>
          <option value="ip">inner product</option>
          <option value="cosine">cosine</option>
        </select>
      </div>
      {completions.length > 0 && (
        <ul class="chips" aria-label="What may come next">
          {completions.map(({ label, text: next, cursor }) => (
            <li key={label}>
              <button
                type="button"
                class="chip"
                disabled={occupied.value}
                onClick={() => {
                  change(next);
                  input.current!.value = next;
                  input.current!.focus();
                  input.current!.setSelectionRange(cursor, cursor);
                }}
              >
                {label}
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Fault({ fault }: { fault: LutraError }) {
  if (!isLutraError(fault, 'SYNTAX')) {
    return (
      <p class="problem" id="factory-says" role="status">
        {sentence(fault)}
      </p>
    );
  }
  const { input, index } = fault.details;
  const [what = '', , , ...hints] = fault.message.split('\n');
  return (
    <div class="problem" id="factory-says" role="status">
      <pre aria-hidden="true">
        {input || ' '}
        {'\n'}
        {' '.repeat(index)}^
      </pre>
      <p>
        {sentence(new LutraError('ARGUMENT', what, {}))} {hints.map((hint) => hint.trim()).join(' ')}
      </p>
    </div>
  );
}

function Meaning({ checked, set }: { checked: CheckedFactory; set: DatasetInfo }) {
  const { tokens, bytesPerVector, minTrainRows, recommendedTrainRows } = checked;
  const few = recommendedTrainRows > set.n && minTrainRows <= set.n;
  return (
    <div id="factory-says" role="status">
      <ol class="tree" aria-label="What each token does">
        {tokens.map((token, i) => (
          <Token key={`${i} ${token.text}`} token={token} />
        ))}
      </ol>
      <dl class="facts">
        <div>
          <dt>a vector</dt>
          <dd>{bytes(bytesPerVector)}</dd>
        </div>
        <div>
          <dt>{count(set.n)} of them</dt>
          <dd>{bytes(bytesPerVector * set.n)}</dd>
        </div>
        <div>
          <dt>as plain floats</dt>
          <dd>{bytes(4 * set.d)} each</dd>
        </div>
        <div>
          <dt>training wants</dt>
          <dd>{recommendedTrainRows === 0 ? 'nothing' : `${count(recommendedTrainRows)} rows`}</dd>
        </div>
      </dl>
      {minTrainRows > set.n && (
        <p class="problem">
          Training takes at least {count(minTrainRows)} rows, and the set has {count(set.n)}.
        </p>
      )}
      {few && (
        <p class="note">
          The set has {count(set.n)} rows: fewer than the 39 a centroid that faiss asks for, so centroids will
          be rough.
        </p>
      )}
      {advice.value?.refusal && (
        <p class="problem">This engine does not build it yet: {advice.value.refusal}.</p>
      )}
    </div>
  );
}

const NAMES: Readonly<Record<string, string>> = {
  Flat: 'vectors as they are',
  Ivf: 'sorted into lists',
  Pq: 'product quantizer',
  PqFastScan: '4-bit codes, scanned 32 at a time',
  RefineFlat: 'best ones looked at again, in full',
  Refine: 'best ones looked at again',
  Hnsw: 'a graph of neighbours',
  Pca: 'principal directions',
  Opq: 'rotated to suit the quantizer',
  L2Norm: 'divided by its length',
  RandomRotation: 'rotated at random',
  HadamardRotation: 'rotated at random, quickly',
  Itq: 'rotated to suit signs',
  Pad: 'filled up with zeros',
  ScalarQuantizer: 'a small number for each dimension',
  IdMap: 'with ids of your own',
  IdMap2: 'with ids of your own',
};

function Token({ token }: { token: FactoryToken }) {
  const { text, kind, d, dOut, codeBytes, idBytes, linkBytes, recommendedTrainRows } = token;
  const stored = codeBytes + idBytes + linkBytes;
  return (
    <li class="token" style={{ '--depth': token.depth }}>
      <code>{text}</code>
      <span>{NAMES[kind] ?? kind}</span>
      <small>
        {d === dOut ? `d ${d}` : `d ${d} → ${dOut}`}
        {stored > 0 && ` · ${bytes(stored)} a vector`}
        {recommendedTrainRows > 0 && ` · trains on ${count(recommendedTrainRows)} rows`}
      </small>
    </li>
  );
}

const SHOWN = 4;

function Advised() {
  const found = advice.value?.recommendations.filter(({ backend }) => backend !== null).slice(0, SHOWN) ?? [];
  if (found.length === 0) return null;
  return (
    <details class="advice">
      <summary>What is recommended for this set</summary>
      <ul>
        {found.map((recommendation) => (
          <Advice key={recommendation.factory} recommendation={recommendation} />
        ))}
      </ul>
    </details>
  );
}

function Advice({ recommendation }: { recommendation: Recommendation }) {
  const { factory, reason, bytesPerVector } = recommendation;
  return (
    <li>
      <button
        type="button"
        class="chip"
        disabled={occupied.value}
        onClick={() => {
          factoryText.value = factory;
          void advise();
        }}
      >
        {factory}
      </button>
      <span>
        {reason}; {bytes(bytesPerVector)} a vector.
      </span>
    </li>
  );
}
