import type { FactoryToken, Recommendation } from '@lutra/factory';
import { formatBytes } from '@lutra/report/data';
import { useEffect, useRef } from 'preact/hooks';
import { setFactory } from '../actions.js';
import { WorkerError } from '../client.js';
import { count } from '../format.js';
import type { Fault, PageMetric, Reading } from '../protocol.js';
import { sentence } from '../sentence.js';
import { dataset, factoryText, metric, occupied, reading } from '../state.js';
import { Section } from '../ui/section.js';

/** The string, what is wrong with it, what may follow, and what it comes to. */
export function Factory() {
  const { checked, fault } = reading.value ?? {};
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
      <div id="factory-says" role="status">
        {fault && <Wrong fault={fault} />}
        {checked && <Meaning checked={checked} />}
      </div>
      <Advised />
    </Section>
  );
}

function Bar() {
  const input = useRef<HTMLInputElement>(null);
  const text = factoryText.value;
  useEffect(() => {
    if (input.current && input.current.value !== text) input.current.value = text;
  }, [text]);
  const completions = reading.value?.completions ?? [];
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
          onInput={(event) => setFactory(event.currentTarget.value)}
        />
        <label for="metric">Metric</label>
        <select
          id="metric"
          value={metric.value}
          disabled={occupied.value}
          onChange={(event) => setFactory(factoryText.value, event.currentTarget.value as PageMetric)}
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
                  setFactory(next);
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

function Wrong({ fault }: { fault: Fault }) {
  const { index } = fault;
  const [what = '', , , ...hints] = fault.message.split('\n');
  const told = sentence(new WorkerError({ ...fault, message: what }));
  if (index === undefined) return <p class="problem">{told}</p>;
  return (
    <div class="problem">
      <pre aria-hidden="true">
        {reading.value!.factory || ' '}
        {'\n'}
        {' '.repeat(index)}^
      </pre>
      <p>
        {told} {hints.map((hint) => hint.trim()).join(' ')}
      </p>
    </div>
  );
}

function Meaning({ checked }: { checked: NonNullable<Reading['checked']> }) {
  const set = dataset.value!;
  const { tokens, bytesPerVector, minTrainRows, recommendedTrainRows } = checked;
  const few = recommendedTrainRows > set.n && minTrainRows <= set.n;
  return (
    <>
      <ol class="tree" aria-label="What each token does">
        {tokens.map((token, i) => (
          <Token key={`${i} ${token.text}`} token={token} />
        ))}
      </ol>
      <dl class="facts">
        <div>
          <dt>a vector</dt>
          <dd>{formatBytes(bytesPerVector)}</dd>
        </div>
        <div>
          <dt>{count(set.n)} of them</dt>
          <dd>{formatBytes(bytesPerVector * set.n)}</dd>
        </div>
        <div>
          <dt>as plain floats</dt>
          <dd>{formatBytes(4 * set.d)} each</dd>
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
      {reading.value?.refusal && (
        <p class="problem">This engine does not build it yet: {reading.value.refusal}.</p>
      )}
    </>
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
        {stored > 0 && ` · ${formatBytes(stored)} a vector`}
        {recommendedTrainRows > 0 && ` · trains on ${count(recommendedTrainRows)} rows`}
      </small>
    </li>
  );
}

const SHOWN = 4;

function Advised() {
  const found =
    reading.value?.recommendations.filter(({ backend }) => backend !== null).slice(0, SHOWN) ?? [];
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
      <button type="button" class="chip" disabled={occupied.value} onClick={() => setFactory(factory)}>
        {factory}
      </button>
      <span>
        {reason}; {formatBytes(bytesPerVector)} a vector.
      </span>
    </li>
  );
}
