import { readFile } from 'node:fs/promises';
import { LutraError } from '@lutra/core';
import { AtomicFile, fileError } from '@lutra/core/node';
import { TUNE_RECORD_VERSION, type TuneRecord } from '../record.js';

/** The side file of the index file `path`: `voice.index.tune.json`. */
export function tuneRecordPath(path: string): string {
  return `${path}.tune.json`;
}

/** Writes `record` to `path`, whole or not at all. @throws LutraError `ARGUMENT` for a path that cannot be written */
export async function writeTuneRecord(path: string, record: TuneRecord): Promise<void> {
  const file = await AtomicFile.create(path);
  try {
    await file.write(new TextEncoder().encode(`${JSON.stringify(record, undefined, 2)}\n`));
  } catch (e) {
    await file.abort();
    throw e;
  }
  await file.commit();
}

/**
 * Reads a record that {@link writeTuneRecord} wrote.
 * @throws LutraError `ARGUMENT` for a path that cannot be read, `FORMAT` for another file, `UNSUPPORTED` for a later version
 */
export async function readTuneRecord(path: string): Promise<TuneRecord> {
  const text = await readFile(path, 'utf8').catch((e: unknown) => {
    throw fileError(e, path);
  });
  let record: Partial<TuneRecord> | null;
  try {
    record = JSON.parse(text) as Partial<TuneRecord> | null;
  } catch (cause) {
    throw notARecord(path, 'not JSON', cause);
  }
  if (record?.format !== 'lutra-tune') throw notARecord(path, 'no tuning record');
  if (record.version !== TUNE_RECORD_VERSION) {
    const feature = `version ${String(record.version)} of a tuning record`;
    throw new LutraError('UNSUPPORTED', `${path}: ${feature} is not read, wanted ${TUNE_RECORD_VERSION}`, {
      feature,
      by: '@lutra/tune',
    });
  }
  return record as TuneRecord;
}

function notARecord(path: string, what: string, cause?: unknown): LutraError {
  return new LutraError('FORMAT', `${path}: ${what}`, { format: 'tuning record', path }, { cause });
}
