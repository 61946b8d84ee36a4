import { readdirSync } from 'node:fs';
import type { Unreadable } from '../../src/scan/result.js';
import { bareRules } from '../../src/scan/walk/bare-rules.js';
import { InodeSet } from '../../src/scan/walk/inode-set.js';
import { runWalk } from '../../src/scan/walk/run-walk.js';
import type { WalkProgress, WalkVisitor } from '../../src/scan/walk/walk-visitor.js';
import { ascii, type Bytes, joinBytes } from '../../src/sys/bytes.js';
import { close, openDirectory } from '../../src/sys/open.js';
import { SysError } from '../../src/sys/sys-error.js';
import type { Layer } from '../../src/union/view-rules.js';

export interface Walked {
  readonly names: Bytes[];
  readonly unreadable: Unreadable[];
  readonly walked: WalkProgress;
  /** Directories of which the visitor was asked. */
  readonly entered: number;
  /** Descriptors open when a name was told of, at most. */
  readonly most: number;
}

export interface WalkAloneOptions {
  /** Whether the walk may go without the rules. */
  readonly lone: boolean;
  /** Inode numbers that are wanted; all unless told. */
  readonly wanted?: readonly bigint[];
  /** Names that are enough. */
  readonly enough?: number | undefined;
  /** Name that cannot be looked at. */
  readonly shut?: string;
}

/** Walks a directory as the only layer of a union. */
export async function walkAlone(path: string, options: WalkAloneOptions): Promise<Walked> {
  const root = openDirectory(path as Bytes);
  const layer: Layer = { branch: 0, role: 'lower', whiteouts: false, root, path: path as Bytes };
  const { lone, wanted, enough, shut } = options;
  const set = wanted === undefined ? 'all' : InodeSet.of(wanted);
  const found = { names: [] as Bytes[], unreadable: [] as Unreadable[], entered: 0, most: 0 };
  const visitor: WalkVisitor = {
    wanted: () => set,
    passesOver: () => true,
    onDirectory: () => {
      found.entered += 1;
    },
    onName(directory, position, name) {
      if (name === shut) throw new SysError('statx', 5, name);
      found.names.push(joinBytes(directory.stack[position]?.real ?? ascii('?'), name));
      found.most = Math.max(found.most, readdirSync('/proc/self/fd').length);
    },
    onUnreadable: (each) => found.unreadable.push(each),
    ...(enough === undefined ? {} : { complete: () => found.names.length >= enough }),
  };
  try {
    const roots = [{ layer, fd: root, real: ascii('') }];
    const walked = await runWalk(roots, bareRules, visitor, { ways: { lone } });
    return { ...found, walked };
  } finally {
    close(root);
  }
}
