import { isLutraError } from '@lutra/core';
import { WorkerError } from './client.js';

/** What went wrong, as a sentence for the page: messages of the packages start small and have no full stop. */
export function sentence(e: unknown): string {
  if (isLutraError(e) || (e instanceof WorkerError && e.code !== undefined)) return asSentence(e.message);
  const text = e instanceof Error ? e.message : String(e);
  return `The page has a fault: ${asSentence(text)}`;
}

function asSentence(message: string): string {
  const text = message.replace(/^page: /, '').trim();
  const [first = ''] = text;
  // names of files stay as they are
  const start = /^[\w-]+\.\w+:/.test(text) ? text : first.toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(start) ? start : `${start}.`;
}

/** Whether it only says that the user called it off. */
export function isStop(e: unknown): boolean {
  return (e instanceof WorkerError || isLutraError(e)) && e.code === 'ABORTED';
}
