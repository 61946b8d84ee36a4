import { Problem } from '../problem.js';
import { stateDirectoryPath } from '../record/state-directory.js';
import { readUnionRecord } from '../record/store.js';
import { failureText } from '../report/failure.js';
import type { UnionRecord } from '../scan/recorded.js';
import type { Union } from '../union/union.js';
import type { Context } from './context.js';
import { failureOf } from './failure.js';

/** The record of an unmounted union's names; one that cannot be read is told of, and not used. */
export function recordFor(union: Union, context: Context): UnionRecord | undefined {
  if (union.mounted !== undefined) return undefined;
  try {
    const record = readUnionRecord(stateDirectoryPath(context.stateDirectory), union);
    return record.size === 0 ? undefined : record;
  } catch (error) {
    if (!(error instanceof Problem) || !['bad-record', 'state-directory'].includes(error.code)) throw error;
    context.notice({ level: 'warning', text: failureText(failureOf(error)) });
    return undefined;
  }
}
