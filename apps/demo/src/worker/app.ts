/*
 * The worker's methods, served to the page.
 */
import type { FromWorker, ToWorker } from '../protocol.js';
import { build, setEngine } from './build.js';
import { openSpeech, openWords } from './carried.js';
import { environment } from './engine.js';
import { openFiles } from './files.js';
import { Hearing } from './hear.js';
import { inspect, picture } from './inspect.js';
import { measure, reach } from './measure.js';
import { read } from './read.js';
import { report } from './report.js';
import { saveIndex, saveVectors } from './save.js';
import { type Methods, Server } from './serve.js';
import { Session } from './session.js';

const session = new Session();
const hearing = new Hearing();

const methods: Methods = {
  start: () => environment(),
  async openCarried({ name }, call) {
    const dataset = await (name === 'speech' ? openSpeech(call) : openWords(call));
    session.setDataset(dataset);
    return dataset.info;
  },
  openFiles: ({ files }, call) => openFiles(session, files, call),
  read,
  build: (args, call) => build(session, args, call),
  setEngine: (args) => setEngine(session, args),
  picture: (_, call) => picture(session, call),
  inspect: (args, call) => inspect(session, args, call),
  measure: (args, call) => measure(session, args, call),
  reach: (args, call) => reach(session, args, call),
  sound: (args, call) => hearing.around(session, args, call),
  blend: (args, call) => hearing.blend(session, args, call),
  report: (args, call) => report(session, args, call),
  saveIndex: ({ parameters }) => saveIndex(session, parameters),
  saveVectors: () => saveVectors(session),
};

const scope = globalThis as unknown as {
  postMessage(message: FromWorker): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<ToWorker>) => void): void;
};
const server = new Server(methods, (message) => scope.postMessage(message));
scope.addEventListener('message', ({ data }) => server.take(data));
