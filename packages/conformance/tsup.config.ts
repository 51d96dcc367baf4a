import { library } from '@lutra-tooling/tsup';

export default library();
