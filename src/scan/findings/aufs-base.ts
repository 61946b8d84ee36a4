import { type Bytes, joinBytes } from '../../sys/bytes.js';
import { inodeOf } from '../../sys/inode-id.js';
import { close } from '../../sys/open.js';
import { namesIn } from '../../sys/record-names.js';
import { isDirectory, isRegular, type Stat, stat, statIfThere } from '../../sys/stat.js';
import { isSysError } from '../../sys/sys-error.js';
import { ORPHAN_DIRECTORY, PLINK_DIRECTORY, WHITEOUT_BASE } from '../../union/aufs-names.js';
import { openQuietly } from '../../union/open-layer-directory.js';
import type { Layer } from '../../union/view-rules.js';
import { isOwnTemporary } from '../own-marks.js';
import type { Finding } from '../result.js';

interface BaseEntry {
  readonly name: Bytes;
  readonly mode: number;
  readonly fits: (s: Stat) => boolean;
  readonly what: string;
}

/** What aufs makes at the root of a writable branch. */
const base: readonly BaseEntry[] = [
  { name: WHITEOUT_BASE, mode: 0o444, fits: isRegular, what: 'a regular file' },
  { name: PLINK_DIRECTORY, mode: 0o700, fits: isDirectory, what: 'a directory' },
  { name: ORPHAN_DIRECTORY, mode: 0o700, fits: isDirectory, what: 'a directory' },
];

/** The three entries that aufs keeps at the root of a writable branch; one that is missing it makes itself. */
export function aufsBaseFindings({ root, branch, path: own }: Layer): Finding[] {
  return base.flatMap(({ name, mode, fits, what }): Finding[] => {
    const s = statIfThere(root, name);
    if (s === undefined) return [];
    const path = joinBytes(own, name);
    if (!fits(s)) {
      return [
        {
          code: 'base-type',
          severity: 'error',
          path,
          message: `aufs' own entry is not ${what}: the next mount fails`,
          remedy: 'move it out of the branch; aufs makes it anew',
          safe: false,
        },
      ];
    }
    if ((s.mode & 0o7777) === mode) return [];
    const octal = (value: number): string => (value & 0o7777).toString(8).padStart(4, '0');
    return [
      {
        code: 'base-mode',
        severity: 'warning',
        path,
        message: `has mode ${octal(s.mode)} where aufs gives ${octal(mode)}: others may reach what they should not`,
        remedy: 'plinkctl repair -y',
        safe: true,
        action: {
          kind: 'chmod',
          at: { in: 'branch', branch, path: name, inode: inodeOf(s) },
          mode,
          consent: 'safe',
        },
      },
    ];
  });
}

/** What a crash left in the directory where aufs puts files that are being removed. */
export function aufsOrphanFindings({ root, branch, path: own }: Layer): Finding[] {
  let fd: number;
  try {
    fd = openQuietly(root, ORPHAN_DIRECTORY);
  } catch (error) {
    if (isSysError(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return [];
    throw error;
  }
  try {
    return namesIn(fd).flatMap((name): Finding[] => {
      const s = stat(fd, name);
      const path = joinBytes(ORPHAN_DIRECTORY, name);
      const at = { in: 'branch', branch, path, inode: inodeOf(s) } as const;
      if (isOwnTemporary(name)) {
        if (isDirectory(s) || s.nlink === 1) return [];
        return [
          {
            code: 'own-temporary',
            severity: 'note',
            path: joinBytes(own, path),
            message: 'a second name that an interrupted repair left',
            remedy: 'plinkctl repair -y',
            safe: true,
            action: { kind: 'remove', at, consent: 'safe' },
          },
        ];
      }
      const empty = isRegular(s) && s.size === 0n;
      return [
        {
          code: 'orphan-leftover',
          severity: 'warning',
          path: joinBytes(own, path),
          message: 'was being removed when the machine stopped, and takes space since; no mount shows it',
          remedy: empty
            ? 'plinkctl repair -y removes it: it is empty'
            : 'plinkctl repair --rescue DIR moves it away with its data',
          safe: empty,
          action: empty ? { kind: 'remove', at, consent: 'safe' } : { kind: 'rescue', at, consent: 'rescue' },
        },
      ];
    });
  } finally {
    close(fd);
  }
}
