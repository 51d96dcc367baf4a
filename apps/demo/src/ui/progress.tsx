import { stop } from '../actions.js';
import { count } from '../format.js';
import { type Place, steps } from '../state.js';

/** How far a place has come, with a way to call it off. */
export function Progress({ place, label }: { place: Place; label: string }) {
  const step = steps.value[place];
  if (!step) return null;
  const { stage, done, total } = step;
  const known = total !== undefined && total > 0;
  return (
    <div class="progress">
      <progress aria-label={label} {...(known ? { value: done, max: total } : {})} />
      <p role="status">
        {stage}
        {known && done > 0 ? ` ${count(done)} of ${count(total)}` : '…'}
      </p>
      <button type="button" class="quiet" onClick={() => stop(place)}>
        Cancel
      </button>
    </div>
  );
}
