import { recordUnion } from '../record/record-union.js';
import { hasStateDirectory, stateDirectoryPath } from '../record/state-directory.js';
import { readUnionRecord, whileAlone, writeRecord } from '../record/store.js';
import { type RecordedFile, recordReport } from '../report/record-report.js';
import type { Report } from '../report/report.js';
import type { UnionRecord } from '../scan/recorded.js';
import type { Bytes } from '../sys/bytes.js';
import type { Union } from '../union/union.js';
import type { Context } from './context.js';
import { scanOptions } from './scan-options.js';
import { showLooking } from './show-progress.js';
import { stopwatch } from './stopwatch.js';

export interface RecordValues {
  readonly 'dry-run': boolean | undefined;
  readonly anew: boolean | undefined;
}

/** `record` on one union. */
export async function record(union: Union, values: RecordValues, context: Context): Promise<Report> {
  const directory = stateDirectoryPath(context.stateDirectory);
  const seconds = stopwatch();
  const before = (): UnionRecord =>
    values.anew === true || !hasStateDirectory(directory) ? new Map() : readUnionRecord(directory, union);
  if (values['dry-run'] === true) {
    const looks = await look(union, before(), context);
    return recordReport(union, looks, true, seconds());
  }
  return whileAlone(directory, context.signal, async () => {
    const looks = await look(union, before(), context);
    const written: RecordedFile[] = [];
    for (const each of looks) {
      const file = each.record && writeRecord(directory, each.record, each.path);
      written.push({ ...each, file });
    }
    return recordReport(union, written, false, seconds());
  });
}

async function look(union: Union, previous: UnionRecord, context: Context): Promise<RecordedFile[]> {
  context.signal.throwIfAborted();
  try {
    const branches = await recordUnion(union, {
      previous,
      kernelRoot: context.kernelRoot,
      ...scanOptions(context),
      onProgress: showLooking(union, context),
    });
    context.signal.throwIfAborted();
    return branches.map((branch) => ({ ...branch, file: undefined as Bytes | undefined }));
  } finally {
    context.progress.end();
  }
}
