import { readFileSync } from 'node:fs';
import { Problem } from '../problem.js';
import { openLayers } from '../scan/open-layers.js';
import { branchId, type RecordedBranch, type UnionRecord } from '../scan/recorded.js';
import { ascii, type Bytes, joinBytes, toBuffer } from '../sys/bytes.js';
import { tryLock } from '../sys/lock.js';
import { close, openDirectory } from '../sys/open.js';
import { writeAside } from '../sys/write-aside.js';
import type { Union } from '../union/union.js';
import { parseRecord, recordText } from './record-text.js';
import { hasStateDirectory, makeStateDirectory } from './state-directory.js';

/** The file of a branch's record. */
function fileOf(directory: Bytes, branch: string): Bytes {
  return joinBytes(directory, ascii(`${branch}.json`));
}

/**
 * The record of one branch; undefined where none was written.
 *
 * @throws Problem operational `bad-record` for a file that does not hold one
 */
export function readRecord(directory: Bytes, branch: string): RecordedBranch | undefined {
  const path = fileOf(directory, branch);
  let text: string;
  try {
    text = readFileSync(toBuffer(path), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const record = parseRecord(text);
    if (record.branch !== branch) throw new Error('it is that of another branch');
    return record;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Problem('operational', 'bad-record', `not a record that can be read: ${why}`, {
      path,
      cause,
      hint: 'what it says is not used; plinkctl record --anew replaces it',
    });
  }
}

/** Writes the record of one branch, whole or not at all, and durable on return. */
export function writeRecord(directory: Bytes, record: RecordedBranch, branchPath: Bytes): Bytes {
  const path = fileOf(directory, record.branch);
  writeAside(path, recordText(record, branchPath), { mode: 0o600, durable: true });
  return path;
}

/** The records of a union's upper branches; none where there is no state directory. */
export function readUnionRecord(directory: Bytes, union: Union): UnionRecord {
  const found = new Map<number, RecordedBranch>();
  if (!hasStateDirectory(directory)) return found;
  const layers = openLayers(union, ({ role }) => role === 'upper');
  try {
    for (const { branch, root } of layers.all) {
      const id = branchId(root);
      const record = id === undefined ? undefined : readRecord(directory, id);
      if (record !== undefined) found.set(branch, record);
    }
  } finally {
    layers.close();
  }
  return found;
}

const PAUSE_MS = 50;
const TRIES = 600;

/**
 * Runs `body` while no other process records into the directory, which is made if need be.
 *
 * @param signal - ends the waiting
 * @throws Problem busy `locked` after half a minute; the signal's reason
 */
export async function whileAlone<T>(
  directory: Bytes,
  signal: AbortSignal,
  body: () => Promise<T>,
): Promise<T> {
  makeStateDirectory(directory);
  const fd = openDirectory(directory);
  try {
    for (let tries = 1; !tryLock(fd); tries += 1) {
      if (tries === TRIES) {
        throw new Problem('busy', 'locked', 'another process records into the state directory', {
          path: directory,
        });
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      signal.throwIfAborted();
    }
    return await body();
  } finally {
    close(fd);
  }
}
