import type { Command } from 'commander';
import type { Io } from '../io.js';
import { registerRvcBlend } from './rvc-blend.js';
import { registerRvcReport } from './rvc-report.js';
import { registerRvcTrain } from './rvc-train.js';

/** `lutra rvc`. */
export function registerRvc(program: Command, io: Io): void {
  const rvc = program
    .command('rvc')
    .description('Build and apply the retrieval index of RVC voice conversion.')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .showHelpAfterError("(try 'lutra rvc --help')");
  registerRvcTrain(rvc, io);
  registerRvcReport(rvc, io);
  registerRvcBlend(rvc, io);
}
