import { setK, setQuery, soundOf } from '../actions.js';
import { count, duration, percent, rowName } from '../format.js';
import type { Inspection, Neighbour, QueryRef } from '../protocol.js';
import {
  dataset,
  index,
  inspection,
  k,
  metric,
  occupied,
  parameters,
  picture,
  query,
  setProblem,
  steps,
} from '../state.js';
import { SetMap } from '../ui/map.js';
import { Play } from '../ui/player.js';
import { Progress } from '../ui/progress.js';
import { Section } from '../ui/section.js';
import { Sliders } from '../ui/slider.js';
import { Histogram } from './histogram.js';

const AROUND = 0.6;

/** The set in a plane, and one search taken apart. */
export function See() {
  const drawn = picture.value;
  return (
    <Section
      id="see"
      number={4}
      title="See it"
      lead={
        index.value
          ? 'Click a vector to search for what is near it. The cells that the search visits light up, nearest first; the 4-bit scan names candidates, the refinement keeps the best.'
          : 'Your vectors in the plane in which they differ most. Train an index to see how it divides them.'
      }
    >
      {!drawn && <Progress place="see" label="drawing the set" />}
      {drawn && (
        <div class="see">
          <div>
            <SetMap
              picture={drawn}
              inspection={inspection.value}
              nprobe={parameters.value.nprobe ?? 0}
              label={mapLabel()}
              pick={(row) => index.value && !occupied.value && setQuery({ from: 'rows', row })}
            />
            <Legend />
          </div>
          {index.value && <Side />}
        </div>
      )}
      {drawn?.lists && <Histogram lists={drawn.lists} />}
    </Section>
  );
}

function mapLabel(): string {
  const { variance } = picture.value!;
  const base = `${dataset.value!.name} in a plane that holds ${percent(variance)} of its variance`;
  const found = inspection.value;
  if (!found) return base;
  return `${base}; ${found.found.length} neighbours found and ${found.missed.length} missed for ${rowName(dataset.value!, found.query)}`;
}

function Legend() {
  const drawn = picture.value!;
  const refined = (inspection.value?.candidates.length ?? 0) > 0;
  return (
    <>
      {inspection.value && (
        <ul class="legend">
          <li>
            <i class="asked" />
            the query
          </li>
          {drawn.centroids && (
            <li>
              <i class="probed" />
              cells visited
            </li>
          )}
          {refined && (
            <li>
              <i class="candidate" />
              candidates of the codes
            </li>
          )}
          <li>
            <i class="found" />
            found
          </li>
          <li>
            <i class="missed" />
            missed
          </li>
        </ul>
      )}
      <p class="note">
        The plane holds {percent(drawn.variance)} of the variance of {dataset.value!.d} dimensions: what is
        near here need not be near there, and a cell is drawn where its centroid falls.
      </p>
    </>
  );
}

function Side() {
  const found = inspection.value;
  return (
    <div class={`side${steps.value.see && !found ? ' busy' : ''}`}>
      <Ask />
      <Sliders place="see" />
      {found && <Found found={found} />}
    </div>
  );
}

/** Ways to choose a query without a mouse. */
function Ask() {
  const set = dataset.value!;
  if (set.words) return <AskWord words={set.words} />;
  const from = query.value?.from ?? 'rows';
  const most = from === 'rows' ? set.n : set.heldOut.reduce((n, part) => n + part.rows, 0);
  const other = (): void => setQuery({ from, row: Math.floor(Math.random() * most) });
  return (
    <form class="row" onSubmit={(event) => event.preventDefault()}>
      {set.heldOut.length > 0 && (
        <label class="field">
          Ask with
          <select
            id="query-from"
            value={from}
            disabled={occupied.value}
            onChange={(event) => setQuery({ from: event.currentTarget.value as QueryRef['from'], row: 0 })}
          >
            <option value="heldOut">a clip kept out</option>
            <option value="rows">a frame of the set</option>
          </select>
        </label>
      )}
      <label class="field">
        {set.kind === 'speech' ? 'Frame' : 'Row'}
        <input
          id="query-row"
          type="number"
          min={0}
          max={most - 1}
          value={query.value?.row ?? 0}
          disabled={occupied.value}
          onChange={(event) => {
            const row = Math.min(most - 1, Math.max(0, Math.floor(Number(event.currentTarget.value) || 0)));
            setQuery({ from, row });
          }}
        />
      </label>
      <button type="button" disabled={occupied.value} onClick={other}>
        Another
      </button>
    </form>
  );
}

function AskWord({ words }: { words: readonly string[] }) {
  const ask = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const word = String(form.get('word')).trim().toLowerCase();
    const row = words.indexOf(word);
    if (row >= 0) setQuery({ from: 'rows', row });
    else
      setProblem(
        'see',
        word === '' ? 'Type a word first.' : `“${word}” is not among the ${count(words.length)} words.`,
      );
  };
  return (
    <form class="row" onSubmit={ask as never}>
      <label class="field" for="word">
        Word
      </label>
      <input
        id="word"
        name="word"
        type="text"
        autocomplete="off"
        spellcheck={false}
        key={query.value?.row}
        defaultValue={words[query.value?.row ?? 0] ?? ''}
        disabled={occupied.value}
      />
      <button type="submit" disabled={occupied.value}>
        Find
      </button>
    </form>
  );
}

function Found({ found }: { found: Inspection }) {
  const set = dataset.value!;
  const { scanned, milliseconds, query: asked } = found;
  return (
    <div>
      <h3>
        Near {set.words ? <q>{rowName(set, asked)}</q> : rowName(set, asked)}{' '}
        {set.kind === 'speech' && <PlayRow query={asked} />}
      </h3>
      <p class="note" id="search-facts">
        {duration(milliseconds / 1000)} for {count(scanned)} of {count(index.value!.ntotal)} vectors
      </p>
      <ol class="neighbours" aria-label="Neighbours found">
        {found.found.map((neighbour) => (
          <Row key={neighbour.row} neighbour={neighbour} missed={false} />
        ))}
      </ol>
      {found.missed.length > 0 && (
        <ul class="neighbours" aria-label="True neighbours that were missed">
          {found.missed.map((neighbour) => (
            <Row key={neighbour.row} neighbour={neighbour} missed={true} />
          ))}
        </ul>
      )}
      <label class="field">
        Neighbours wanted
        <select
          id="k"
          value={k.value}
          disabled={occupied.value}
          onChange={(event) => setK(Number(event.currentTarget.value))}
        >
          {[1, 5, 10, 20].map((n) => (
            <option key={n} value={n}>
              {n}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

function Row({ neighbour, missed }: { neighbour: Neighbour; missed: boolean }) {
  const set = dataset.value!;
  const ref: QueryRef = { from: 'rows', row: neighbour.row };
  const distance = neighbour.distance.toPrecision(4);
  const told = metric.value === 'l2' ? 'squared distance' : 'similarity';
  return (
    <li class={missed ? 'missed' : neighbour.true ? '' : 'wrong'}>
      <span class="label">
        {missed ? 'missed: ' : ''}
        {rowName(set, ref)}
        {!missed && !neighbour.true && <small> (not among the true {k.value})</small>}
      </span>
      <span class="distance" title={told}>
        {distance}
      </span>
      {set.kind === 'speech' && <PlayRow query={ref} />}
    </li>
  );
}

function PlayRow({ query: asked }: { query: QueryRef }) {
  return <Play label={rowName(dataset.value!, asked)} sound={() => soundOf(asked, AROUND)} />;
}
