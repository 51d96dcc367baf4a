export { readTuneRecord, tuneRecordPath, writeTuneRecord } from './node/record-file.js';
