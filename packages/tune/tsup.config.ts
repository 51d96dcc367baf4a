import { library } from '@lutra-tooling/tsup';

export default library({ index: 'src/index.ts', node: 'src/node.ts' });
