import { AtomicFile } from '@lutra/core/node';
import type { ReportData } from '@lutra/report/data';

/** Writes the page of `data` to `path`, whole or not at all. */
export async function writeReport(path: string, data: ReportData): Promise<void> {
  // the drawing library is large, and most runs write no page
  const [{ reportPage }, { parseHTML }] = await Promise.all([import('@lutra/report'), import('linkedom')]);
  const page = reportPage(data, parseHTML('<!doctype html><html><body></body></html>').document);
  const file = await AtomicFile.create(path);
  try {
    await file.write(new TextEncoder().encode(page));
  } catch (e) {
    await file.abort();
    throw e;
  }
  await file.commit();
}
