import { setParameters } from '../actions.js';
import { ladder } from '../ladder.js';
import type { ParameterName } from '../protocol.js';
import { index, occupied, parameters } from '../state.js';

interface Range {
  readonly min: number;
  readonly max: number;
  readonly about: string;
}

function rangeOf(name: ParameterName): Range {
  const { nlist = 1, ntotal } = index.value!;
  switch (name) {
    case 'nprobe':
      return { min: 1, max: nlist, about: 'lists looked at' };
    case 'kFactor':
      return {
        min: 1,
        max: Math.max(1, Math.min(64, ntotal)),
        about: 'candidates refined, as a multiple of k',
      };
    case 'efSearch':
      return { min: 1, max: 1024, about: 'candidates kept on the way through the graph' };
  }
}

/** A slider for each parameter that the index has. */
export function Sliders({ place }: { place: string }) {
  const names = Object.keys(index.value!.parameters) as ParameterName[];
  if (names.length === 0)
    return <p class="note">This index has nothing to turn: it compares every vector.</p>;
  return (
    <div class="sliders">
      {names.map((name) => (
        <Slider key={name} name={name} place={place} />
      ))}
    </div>
  );
}

function Slider({ name, place }: { name: ParameterName; place: string }) {
  const { min, max, about } = rangeOf(name);
  const steps = ladder(min, max);
  const value = parameters.value[name] ?? min;
  const at = steps.findLastIndex((step) => step <= value);
  const id = `${place}-${name}`;
  return (
    <div class="slider">
      <label for={id}>
        <code>{name}</code> <span>{about}</span>
      </label>
      <output for={id}>{value}</output>
      <input
        id={id}
        type="range"
        min={0}
        max={steps.length - 1}
        step={1}
        value={Math.max(0, at)}
        disabled={occupied.value}
        aria-valuetext={`${value}`}
        onInput={(event) => setParameters({ [name]: steps[Number(event.currentTarget.value)]! })}
      />
    </div>
  );
}
