import { signal } from '@preact/signals';
import { setProblem } from '../state.js';

let context: AudioContext | undefined;
let source: AudioBufferSourceNode | undefined;
/** What is being played. */
const playing = signal<string | undefined>(undefined);

function silence(): void {
  if (!source) return;
  source.onended = null;
  source.stop();
  source = undefined;
  playing.value = undefined;
}

async function play(name: string, samples: Float32Array, rate: number): Promise<void> {
  silence();
  try {
    context ??= new AudioContext();
    await context.resume();
    const buffer = context.createBuffer(1, samples.length, rate);
    buffer.copyToChannel(samples as Float32Array<ArrayBuffer>, 0);
    source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(context.destination);
    source.onended = silence;
    source.start();
    playing.value = name;
  } catch (e) {
    setProblem('see', `The browser does not play the sound: ${String(e)}.`);
  }
}

interface PlayProps {
  /** What it is, for those who do not see where it stands. */
  readonly label: string;
  readonly text?: string;
  sound(): Promise<{ samples: Float32Array; rate: number } | undefined>;
}

/** A button that plays a sound, and stops it. */
export function Play({ label, text, sound }: PlayProps) {
  const on = playing.value === label;
  const toggle = async (): Promise<void> => {
    if (on) return silence();
    const found = await sound();
    if (found) await play(label, found.samples, found.rate);
  };
  return (
    <button
      type="button"
      class="play"
      aria-label={`${on ? 'Stop' : 'Play'} ${label}`}
      aria-pressed={on}
      onClick={toggle}
    >
      <span aria-hidden="true">{on ? '■' : '▶'}</span>
      {text && ` ${text}`}
    </button>
  );
}
