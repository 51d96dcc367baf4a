/*
 * The one worker file of the page. Started by the page it serves it; started by itself, under another name, it is a thread
 * of the engine. What comes before its parts are loaded waits.
 */
import { THREAD_NAME } from './thread-name.js';

const scope = globalThis as unknown as {
  readonly name: string;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
  removeEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
  dispatchEvent(event: Event): boolean;
};

const early: MessageEvent[] = [];
const keep = (event: MessageEvent): void => {
  early.push(event);
};
scope.addEventListener('message', keep);

async function load(): Promise<void> {
  if (scope.name === THREAD_NAME) await import('@lutra/backend-ts/worker');
  else await import('./app.js');
  scope.removeEventListener('message', keep);
  for (const { data } of early) scope.dispatchEvent(new MessageEvent('message', { data }));
}

void load();
