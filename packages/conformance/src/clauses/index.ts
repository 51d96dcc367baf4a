import type { Clause } from '../clause.js';
import { adding } from './adding.js';
import { editing } from './editing.js';
import { filtering } from './filtering.js';
import { merging } from './merging.js';
import { parameters } from './parameters.js';
import { ranging } from './ranging.js';
import { reconstructing } from './reconstructing.js';
import { refusing } from './refusing.js';
import { removing } from './removing.js';
import { saving } from './saving.js';
import { searching } from './searching.js';
import { signals } from './signals.js';
import { state } from './state.js';
import { training } from './training.js';
import { unclaimed } from './unclaimed.js';

/** Everything that is promised of an index. */
export const CLAUSES: readonly Clause[] = [
  ...training,
  ...adding,
  ...searching,
  ...parameters,
  ...filtering,
  ...ranging,
  ...reconstructing,
  ...removing,
  ...merging,
  ...editing,
  ...saving,
  ...state,
  ...signals,
  ...refusing,
  ...unclaimed,
];
