import { useSignal } from '@preact/signals';
import { blend } from '../actions.js';
import { percent } from '../format.js';
import type { Blended } from '../protocol.js';
import { blended, dataset, index, occupied, steps } from '../state.js';
import { Play } from '../ui/player.js';
import { Progress } from '../ui/progress.js';
import { Section } from '../ui/section.js';
import { Spectrogram } from '../ui/spectrogram.js';

/** A clip mixed with its neighbours, to be seen and heard. */
export function Blend() {
  const clips = dataset.value!.heldOut;
  const clip = useSignal(clips[0]!.name);
  const rate = useSignal(0.75);
  const usable = index.value!.metric === 'l2';
  return (
    <Section
      id="blend"
      number={6}
      title="Blend"
      lead="Voice conversion by retrieval: every frame of a clip is mixed with the frames of other voices that are nearest to it. The index rate says how much of the retrieved is taken."
    >
      {!usable && <p class="note">Blending weighs by distance: build the index with the metric l2 for it.</p>}
      {usable && (
        <form
          class="row"
          onSubmit={(event) => {
            event.preventDefault();
            void blend(clip.value, rate.value);
          }}
        >
          <label class="field">
            Clip
            <select
              id="clip"
              value={clip.value}
              onChange={(event) => (clip.value = event.currentTarget.value)}
            >
              {clips.map(({ name }) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          <label class="field" for="rate">
            Index rate
          </label>
          <input
            id="rate"
            type="range"
            min={0}
            max={1}
            step={0.05}
            value={rate.value}
            aria-valuetext={percent(rate.value)}
            onInput={(event) => (rate.value = Number(event.currentTarget.value))}
          />
          <output for="rate">{rate.value.toFixed(2)}</output>
          <button type="submit" class="primary" disabled={occupied.value || steps.value.blend !== undefined}>
            Blend
          </button>
        </form>
      )}
      <Progress place="blend" label="blending" />
      {blended.value && <Result result={blended.value} />}
    </Section>
  );
}

function Result({ result }: { result: Blended }) {
  const { original, blended: mixed, bands, frames, rate, name } = result;
  const sorted = Float32Array.from(original).sort();
  const scale = { low: sorted[Math.floor(sorted.length * 0.02)]!, high: sorted.at(-1)! };
  const play = (samples: Float32Array) => async () => ({ samples, rate });
  const seconds = (frames / 50).toFixed(1);
  return (
    <div class="two spectrograms">
      <figure>
        <Spectrogram
          values={original}
          bands={bands}
          {...scale}
          label={`Spectrogram of ${name}, ${seconds} seconds`}
        />
        <figcaption>
          <strong>{name}</strong>
          <Play label={`${name} as recorded`} text="as recorded" sound={play(result.recording)} />
          <Play
            label={`${name} from its features`}
            text="from its features"
            sound={play(result.originalSound)}
          />
        </figcaption>
      </figure>
      <figure>
        <Spectrogram values={mixed} bands={bands} {...scale} label={`Spectrogram of ${name} blended`} />
        <figcaption>
          <strong>blended</strong>
          <Play
            label={`${name} from the blended features`}
            text="from the blended features"
            sound={play(result.blendedSound)}
          />
        </figcaption>
      </figure>
      <p class="note">
        Features hold no phase and no fine pitch: sound is made from them by the method of Griffin and Lim,
        and sounds so.
      </p>
    </div>
  );
}
