import { readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { Problem } from '../problem.js';
import type { GroupCache } from '../scan/hints/group-hints.js';
import type { HandleLayer } from '../scan/overlay/overlay-layers.js';
import { ascii, type Bytes, joinBytes, toBuffer } from '../sys/bytes.js';
import { fileSystemOf } from '../sys/filesystem.js';
import { handleOf } from '../sys/handle.js';
import { sha256 } from '../sys/sha256.js';
import { stat } from '../sys/stat.js';
import { writeAside } from '../sys/write-aside.js';
import { groupsText, parseGroups } from './groups-text.js';
import { hasStateDirectory, makeStateDirectory } from './state-directory.js';

/** Lowers that are remembered; those not used for longest go first. */
const MOST = 256;

/**
 * Keeps the hardlink groups of read-only lowers in a directory, one file each, for its owner alone. Nothing proves
 * that a read-only file system was not changed meanwhile elsewhere: what can be seen at a glance is compared, and
 * what is wrong all the same is found when it is used.
 *
 * @param onTrouble - told once of a directory or a file that cannot be used
 */
export function lowerCache(directory: Bytes, onTrouble: (path: Bytes, why: string) => void): GroupCache {
  let usable = true;

  function guarded<T>(path: Bytes, use: () => T): T | undefined {
    if (!usable) return undefined;
    try {
      return use();
    } catch (error) {
      return given(path, error);
    }
  }

  function given(path: Bytes, error: unknown): undefined {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return undefined;
    if (!(error instanceof Problem) && code === undefined) throw error;
    usable = false;
    onTrouble(path, (error as Error).message);
    return undefined;
  }

  return {
    keeps: (layer) => usable && identityOf(layer) !== undefined,
    read(layer) {
      const lower = identityOf(layer);
      if (lower === undefined) return undefined;
      const path = joinBytes(directory, lower.file);
      return guarded(path, () => {
        if (!hasStateDirectory(directory)) return undefined;
        const groups = parseGroups(readFileSync(toBuffer(path), 'utf8'), lower.looks);
        const now = Date.now() / 1000;
        if (groups !== undefined) utimesSync(toBuffer(path), now, now);
        return groups;
      });
    },
    async write(layer, groups) {
      const lower = identityOf(layer);
      if (lower === undefined || !usable) return;
      const path = joinBytes(directory, lower.file);
      try {
        makeStateDirectory(directory);
        writeAside(path, groupsText(lower.looks, groups), { mode: 0o600, durable: true });
        forgetOldest(directory);
      } catch (error) {
        given(path, error);
      }
    },
  };
}

/** The name of a layer's file, and what the layer looks like; undefined for one that may change under our hands. */
function identityOf({ root, uuid, trueInodes }: HandleLayer): { file: Bytes; looks: string } | undefined {
  const { readOnly, type, totalBytes, totalInodes, freeBytes, freeInodes } = fileSystemOf(root);
  const handle = handleOf(root, ascii(''));
  if (!readOnly || !trueInodes || uuid === undefined || handle === undefined) return undefined;
  const { mtime, ctime } = stat(root, ascii(''));
  // A squashfs has no UUID: its size tells one from another.
  const id = [type, uuid.toString('hex'), totalBytes, totalInodes];
  const name = [...id, handle.type, handle.fid.toString('hex')].join(' ');
  const looks = [name, freeBytes, freeInodes, mtime, ctime].join(' ');
  const hash = sha256(name).slice(0, 32);
  return { file: ascii(`lower-${hash}.groups`), looks };
}

function forgetOldest(directory: Bytes): void {
  const files = readdirSync(toBuffer(directory), 'latin1')
    .filter((name) => /^lower-[0-9a-f]{32}\.groups$/.test(name))
    .map((name) => toBuffer(joinBytes(directory, name as Bytes)));
  if (files.length <= MOST) return;
  const aged = files.map((path) => ({ path, used: statSync(path).mtimeMs }));
  aged.sort((a, b) => b.used - a.used);
  for (const { path } of aged.slice(MOST)) rmSync(path, { force: true });
}
