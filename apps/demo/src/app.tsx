import { Blend } from './sections/blend.js';
import { Build } from './sections/build.js';
import { Data } from './sections/data.js';
import { Factory } from './sections/factory.js';
import { Measure } from './sections/measure.js';
import { See } from './sections/see.js';
import { Take } from './sections/take.js';
import { dataset, index } from './state.js';
import { DropAnywhere } from './ui/drop.js';
import { Mark } from './ui/mark.js';

/** The page. */
export function App() {
  return (
    <>
      <a class="skip" href="#data">
        Skip to the data
      </a>
      <header class="top">
        <div class="wide">
          <p class="brand">
            <Mark />
            Lutra
          </p>
          <h1>A nearest-neighbour index, made while you watch</h1>
          <p class="lead">
            One string names a whole search pipeline in the language of faiss. Type it, train it, look inside,
            turn its knobs, take the file with you. Everything is computed in this tab.
          </p>
        </div>
      </header>
      <main class="wide">
        <Data />
        {dataset.value && <Factory />}
        {dataset.value && <Build />}
        {dataset.value && <See />}
        {index.value && <Measure />}
        {index.value && dataset.value?.kind === 'speech' && <Blend />}
        {index.value && <Take />}
      </main>
      <footer class="wide foot">
        <p>
          Lutra, the faiss index factory for TypeScript. MIT licence. Not affiliated with faiss. Nothing that
          you drop here leaves your machine.
        </p>
      </footer>
      <DropAnywhere />
    </>
  );
}
