import { useRef } from 'preact/hooks';
import { openCarried, openFiles } from '../actions.js';
import { count } from '../format.js';
import { dataset } from '../state.js';
import { Progress } from '../ui/progress.js';
import { Section } from '../ui/section.js';

/** Where vectors come from. */
export function Data() {
  const input = useRef<HTMLInputElement>(null);
  const set = dataset.value;
  const choose = (): void => {
    const files = [...(input.current?.files ?? [])];
    if (input.current) input.current.value = '';
    if (files.length > 0) void openFiles(files);
  };
  return (
    <Section
      id="data"
      number={1}
      title="Bring vectors"
      lead="Take a set that the page carries, or drop your own. Files are read here and go nowhere."
    >
      <div class="cards">
        <button
          type="button"
          class="card"
          aria-pressed={set?.kind === 'speech'}
          onClick={() => openCarried('speech')}
        >
          <Wave />
          <strong>Speech</strong>
          <span>5,629 frames of ten voices, 256 numbers each. Every frame can be heard.</span>
        </button>
        <button
          type="button"
          class="card"
          aria-pressed={set?.kind === 'words'}
          onClick={() => openCarried('words')}
        >
          <Letters />
          <strong>Words</strong>
          <span>10,000 English words, 100 numbers each. Type one, see what is near.</span>
        </button>
        <div class="card drop">
          <Sheet />
          <strong>Your files</strong>
          <span>
            Drop <code>.npy</code> files, an <code>.npz</code>, or an <code>.index</code> that faiss wrote.
          </span>
          <input
            ref={input}
            id="files"
            class="hidden"
            type="file"
            multiple
            accept=".npy,.npz,.index,.faiss,.ivf"
            onChange={choose}
          />
          <label for="files" class="button quiet">
            Choose files
          </label>
        </div>
      </div>
      <Progress place="data" label="opening" />
      {set && (
        <div class="chosen" id="dataset">
          <p>
            <strong>{set.name}</strong>: {count(set.n)} vectors of {count(set.d)} dimensions
            {set.heldOut.length > 0 && <>, and {set.heldOut.length} clips kept out to ask with</>}
          </p>
          <p class="note">{set.provenance}</p>
        </div>
      )}
    </Section>
  );
}

function Wave() {
  const heights = [6, 14, 22, 12, 26, 18, 8, 16, 24, 10, 6];
  return (
    <svg viewBox="0 0 66 32" width="66" height="32" aria-hidden="true">
      {heights.map((h, i) => (
        <rect key={i} x={i * 6} y={16 - h / 2} width="3" height={h} rx="1.5" fill="currentColor" />
      ))}
    </svg>
  );
}

function Letters() {
  return (
    <svg
      viewBox="0 0 66 32"
      width="66"
      height="32"
      aria-hidden="true"
      fill="currentColor"
      font-family="ui-serif, Georgia, serif"
    >
      <text x="0" y="26" font-size="28">
        A
      </text>
      <text x="26" y="20" font-size="18" opacity=".75">
        b
      </text>
      <text x="42" y="28" font-size="14" opacity=".5">
        c
      </text>
    </svg>
  );
}

function Sheet() {
  return (
    <svg
      viewBox="0 0 66 32"
      width="66"
      height="32"
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
    >
      <path d="M4 3h14l7 7v19H4z" stroke-linejoin="round" />
      <path d="M18 3v7h7" />
      <path d="M40 6v16m-7-7 7 7 7-7" stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  );
}
