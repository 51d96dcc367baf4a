import { library } from '@lutra-tooling/tsup';

export default library({ index: 'src/index.ts', worker: 'src/worker.ts' });
