import { formatBytes } from '@lutra/report/data';
import { useSignal } from '@preact/signals';
import { download, downloadReport } from '../actions.js';

import { pythonOf, snippetOf } from '../snippet.js';
import { dataset, index, occupied, parameters, setProblem } from '../state.js';
import { Progress } from '../ui/progress.js';
import { Section } from '../ui/section.js';

/** Files and code that do the same elsewhere. */
export function Take() {
  const set = dataset.value!;
  const info = index.value!;
  const code = snippetOf(set, info, parameters.value);
  return (
    <Section
      id="take"
      number={7}
      title="Take it away"
      lead="The index file is the one that faiss itself would write, with the parameters that the sliders show."
    >
      <div class="row">
        <button type="button" class="primary" disabled={occupied.value} onClick={() => download('saveIndex')}>
          {set.name}.index <small>{formatBytes(info.bytes)}</small>
        </button>
        <button type="button" disabled={occupied.value} onClick={() => download('saveVectors')}>
          {set.name}.npy <small>{formatBytes(4 * set.n * set.d)}</small>
        </button>
        <button type="button" disabled={occupied.value} onClick={() => downloadReport()}>
          Report <small>html</small>
        </button>
      </div>
      <Progress place="take" label="writing" />
      <div>
        <h3>
          The same in TypeScript <Copy text={code} what="TypeScript" />
        </h3>
        <pre class="code" id="typescript">
          {code}
        </pre>
      </div>
      <div>
        <h3>
          Opened in Python <Copy text={pythonOf(set)} what="Python" />
        </h3>
        <pre class="code" id="python">
          {pythonOf(set)}
        </pre>
      </div>
    </Section>
  );
}

function Copy({ text, what }: { text: string; what: string }) {
  const copied = useSignal<string | undefined>(undefined);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      copied.value = text;
    } catch (e) {
      setProblem('take', `The browser does not let the page copy: ${String(e)}. Select the text instead.`);
    }
  };
  return (
    <button type="button" class="play" aria-label={`Copy the ${what}`} onClick={copy}>
      {copied.value === text ? 'Copied' : 'Copy'}
    </button>
  );
}
