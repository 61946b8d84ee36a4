import type { Line, Page } from '../../src/report/report.js';
import { plain } from '../../src/report/style.js';
import type { IndexEntry, ScanResult } from '../../src/scan/result.js';
import type { Bytes } from '../../src/sys/bytes.js';
import { noOverlayOptions } from '../../src/union/overlay-words.js';
import type { Union } from '../../src/union/union.js';

export const b = (text: string): Bytes => text as Bytes;

export const overlayUnion: Union = {
  format: 'overlay',
  branches: [
    { path: b('/u'), role: 'upper', whiteouts: true },
    { path: b('/l1'), role: 'lower', whiteouts: true },
    { path: b("/it's l2"), role: 'lower', whiteouts: true },
  ],
  work: b('/w'),
  options: noOverlayOptions,
  mounted: undefined,
};

export const aufsUnion: Union = {
  format: 'aufs',
  branches: [
    { path: b('/u'), role: 'upper', whiteouts: true },
    { path: b('/l'), role: 'lower', whiteouts: false },
  ],
  mounted: undefined,
};

/** A restorable entry, with what is told changed. */
export function entry(changes: Partial<IndexEntry> = {}): IndexEntry {
  return {
    name: b('00fb1d0001aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa110000005f5e1000'),
    branch: 0,
    kind: 'file',
    state: 'restorable',
    atRisk: false,
    inode: {
      dev: 2049n,
      ino: 9007199254740993n,
      mode: 0o100644,
      nlink: 2,
      uid: 0,
      gid: 0,
      size: 12345n,
      mtime: 0n,
      blocks: 32n,
      attributes: 0n,
    },
    names: [b('a')],
    missing: ['b', 'd/c'].map((path) => ({ path: b(path), lower: { branch: 1, path: b(path) } })),
    reason: undefined,
    evidence: [],
    overlay: undefined,
    aufs: undefined,
    ...changes,
  };
}

export function scanResult(changes: Partial<ScanResult> = {}): ScanResult {
  return {
    union: overlayUnion,
    entries: [entry()],
    directories: [{ path: b('d'), model: { branch: 1, path: b('d') } }],
    findings: [],
    unreadable: [],
    blocked: undefined,
    leftovers: { temporaries: [], times: [], marks: [], running: false },
    nfsExport: false,
    walked: { directories: 2, names: 5 },
    ...changes,
  };
}

export const page: Page = { style: plain, verbosity: 'normal' };

/** Lines as they would be printed, without what `--quiet` drops where asked. */
export function printed(lines: readonly Line[], quiet = false): string {
  return lines
    .filter(({ level }) => !quiet || level === 'warning' || level === 'error')
    .map(({ text }) => text)
    .join('\n');
}
