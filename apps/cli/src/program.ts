import { Command } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { registerBackends } from './commands/backends.js';
import { registerBuild } from './commands/build.js';
import { registerConvert } from './commands/convert.js';
import { registerEval } from './commands/eval.js';
import { registerFactory } from './commands/factory.js';
import { registerInspect } from './commands/inspect.js';
import { registerMerge } from './commands/merge.js';
import { registerRecommend } from './commands/recommend.js';
import { registerRvc } from './commands/rvc.js';
import { registerSearch } from './commands/search.js';
import { registerTune } from './commands/tune.js';
import type { Io } from './io.js';

const DEFAULT_COLUMNS = 100;

const EXAMPLES = `
Examples:
  $ lutra recommend --n 300000 --d 256
  $ lutra build vectors.npy -f IVF1024,PQ32x4fs,RFlat -o vectors.index
  $ lutra search vectors.index queries.npy -k 10 --nprobe 16
  $ lutra eval vectors.index queries.npy --base vectors.npy --nprobe 1,4,16,64
  $ lutra inspect vectors.index
  $ lutra factory IVF1024,PQ32x4fs,RFlat -d 256

Exit codes: 0 well, 2 for wrong usage, wrong input or Ctrl-C, 70 for a bug.
'lutra <command> --help' shows the options and examples of a command.
`;

/** The command line as commander sees it; nothing runs before `parseAsync`. */
export function createProgram(io: Io): Command {
  const program = new Command('lutra')
    .description('Nearest-neighbour indexes in the format of faiss: build, search, measure, inspect.')
    .version(packageJson.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    // `rvc train --version v2` is no question for this program's version.
    .enablePositionalOptions()
    .exitOverride()
    .showHelpAfterError("(try 'lutra --help')")
    .addHelpText('after', EXAMPLES)
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'lutra: ')),
      getOutHelpWidth: () => io.stdout.columns ?? DEFAULT_COLUMNS,
      getErrHelpWidth: () => io.stderr.columns ?? DEFAULT_COLUMNS,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  for (const register of [
    registerBuild,
    registerSearch,
    registerEval,
    registerInspect,
    registerConvert,
    registerMerge,
    registerTune,
    registerRecommend,
    registerFactory,
    registerBackends,
    registerRvc,
  ]) {
    register(program, io);
  }
  return program;
}
