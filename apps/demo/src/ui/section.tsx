import type { ComponentChildren } from 'preact';
import { type Place, problems } from '../state.js';

interface SectionProps {
  readonly id: Place;
  readonly number: number;
  readonly title: string;
  readonly lead: ComponentChildren;
  readonly children: ComponentChildren;
}

/** One step of the page: a heading, what it is about, what can be done, and what went wrong. */
export function Section({ id, number, title, lead, children }: SectionProps) {
  return (
    <section id={id} aria-labelledby={`${id}-title`}>
      <header>
        <p class="number" aria-hidden="true">
          {number}
        </p>
        <h2 id={`${id}-title`}>{title}</h2>
        <p class="about">{lead}</p>
      </header>
      {children}
      <Problem place={id} />
    </section>
  );
}

/** What went wrong at a place, if anything did. */
function Problem({ place }: { place: Place }) {
  return (
    <div role="alert" class="alert">
      {problems.value[place] && <p class="problem">{problems.value[place]}</p>}
    </div>
  );
}
