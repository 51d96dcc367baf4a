import { library } from '@lutra-tooling/tsup';

export default library({ index: 'src/index.ts', data: 'src/data.ts' });
