import { library } from '@lutra-tooling/tsup';

export default library({
  index: 'src/index.ts',
  native: 'src/node/native.ts',
  'no-native': 'src/no-native.ts',
  child: 'src/node/child.ts',
  'sync-request': 'src/node/sync-request.ts',
});
