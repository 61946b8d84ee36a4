import { ascii } from '../../sys/bytes.js';
import { sameInode } from '../../sys/inode-id.js';
import { close } from '../../sys/open.js';
import { namesIn } from '../../sys/record-names.js';
import { isDirectory, statIfThere } from '../../sys/stat.js';
import { isSysError } from '../../sys/sys-error.js';
import { getXattr } from '../../sys/xattr.js';
import { ORPHAN_DIRECTORY, PLINK_DIRECTORY, RENAMED_DIRECTORIES } from '../../union/aufs-names.js';
import { openQuietly } from '../../union/open-layer-directory.js';
import type { AufsUnion } from '../../union/union.js';
import type { Layer } from '../../union/view-rules.js';
import { openLayers } from '../open-layers.js';
import { isOwnTemporary, RUNNING_XATTR } from '../own-marks.js';
import type { Blocked, Leftovers, ScanResult, Unreadable } from '../result.js';
import type { ScanOptions } from '../scan-options.js';
import { clues, suspected } from './aufs-clues.js';
import { type Judged, judgePlinks } from './aufs-evidence.js';
import { aufsFindings } from './aufs-findings.js';
import { type RawPlink, readPlinks } from './aufs-index.js';
import { AufsRecord } from './aufs-recorded.js';
import { classifyPlink } from './aufs-states.js';
import { UpperPlinkNames } from './aufs-upper-names.js';
import { FileMap } from './file-map.js';
import { LateNames } from './late-names.js';
import { type LowerNames, LowerPlinkNames, type LowerWanted } from './lower-plink-names.js';
import type { Namesake } from './namesake.js';
import { PlinkFiles } from './plink-files.js';
import { notesFor, walkPlinks } from './walk-plinks.js';

/** Scans the branches of an aufs that is not mounted: what each pseudo-link stands for is proved by names. */
export async function scanAufs(union: AufsUnion, options: ScanOptions): Promise<ScanResult> {
  const layers = openLayers(union);
  const files = new PlinkFiles(layers.all);
  try {
    const uppers = layers.all.filter(({ role }) => role === 'upper');
    // A check tells what is wrong with it, beside all else that it finds.
    const readable = options.thorough === true ? uppers.filter(hasPlinks) : uppers;
    const plinks = readable.flatMap(readPlinks);
    const owed = uppers.some(({ root }) => getXattr(root, ascii(''), RUNNING_XATTR) !== undefined);
    const progress = { directories: 0, names: 0 };
    const notes = plinks.length > 0 ? notesFor(layers.all, options) : undefined;
    const upper = new UpperPlinkNames(layers.all, plinks, files, owed, notes);
    const record =
      options.record === undefined ? undefined : new AufsRecord(options.record, layers.all, layers.roots);
    const late = new LateNames(layers.all, options);
    let judged: readonly Judged[] = [];
    const judge = async (): Promise<LowerPlinkNames> => {
      const byNames = await judgePlinks(layers.all, layers.roots, plinks, upper, files, options, progress);
      judged = record === undefined ? byNames : byNames.map((each) => record.hear(each));
      return new LowerPlinkNames(layers.all, judged.flatMap(wantedLowers), late);
    };
    const lower =
      plinks.length > 0 || owed
        ? await walkPlinks(layers.roots, upper, notes, judge, options, progress)
        : await judge();

    // Those that are no pseudo-links were not judged; the others are in the same order.
    let told = 0;
    const claims = rivals(judged);
    const unreadable = [...upper.unreadable, ...lower.unreadable.filter(notIn(upper.unreadable))];
    const namesOf = (file: Namesake): LowerNames | undefined => lower.of(file);
    const entries = plinks.map((plink) => {
      const verdict = judged[told]?.plink === plink ? judged[told] : undefined;
      if (verdict !== undefined) told += 1;
      const origin = verdict?.proof.origin;
      const entry = classifyPlink(plink, {
        upper: verdict?.names ?? upper.of(plink),
        proof: verdict?.proof ?? { origin: undefined, reason: 'junk', evidence: [] },
        clues: verdict === undefined || origin !== undefined ? [] : clues(verdict, namesOf),
        lower: origin === undefined ? undefined : namesOf(origin),
        unreadable,
        rival: claims.get(plink),
      });
      return record?.settle(plink, entry) ?? entry;
    });
    const result: ScanResult = {
      union,
      entries,
      directories: [...lower.directories.flatMap(({ list }) => list), ...(record?.directories ?? [])],
      findings: [],
      unreadable,
      blocked: plinks.length > 0 ? blockedBy(uppers) : undefined,
      leftovers: leftovers(uppers, owed, upper),
      nfsExport: false,
      walked: progress,
    };
    return { ...result, findings: await aufsFindings(result, layers.all, options) };
  } finally {
    files.close();
    layers.close();
  }
}

function hasPlinks({ root }: Layer): boolean {
  const there = statIfThere(root, PLINK_DIRECTORY);
  return there !== undefined && isDirectory(there);
}

/** Both walks come to the directories of the uppers. */
function notIn(known: readonly Unreadable[]): (each: Unreadable) => boolean {
  const keyOf = ({ branch, path, code }: Unreadable): string => `${branch} ${code} ${path}`;
  const keys = new Set(known.map(keyOf));
  return (each) => !keys.has(keyOf(each));
}

/** What makes the merged view another than the one that is walked here. */
function blockedBy(uppers: readonly Layer[]): Blocked | undefined {
  const renamed = uppers.find(({ root }) => statIfThere(root, RENAMED_DIRECTORIES) !== undefined);
  if (renamed === undefined) return undefined;
  return {
    code: 'dirren',
    message: 'it was mounted with dirren: lower directories may show under other names than they have',
    remedy: 'mount it with the same options and flush it there',
  };
}

/** Lower inodes whose visible names are to be found: what an entry is the copy of, or what it may be. */
function wantedLowers(judged: Judged): LowerWanted[] {
  const { plink, proof } = judged;
  const files = proof.origin === undefined ? suspected(judged) : [proof.origin];
  return files.map(({ branch, dev, ino }) => ({
    branch,
    dev,
    ino,
    upper: proof.origin === undefined ? undefined : plink.branch,
  }));
}

/**
 * Entries whose lower file another one claims, if only by a name and perhaps wrongly: none of them may be acted on. A
 * crash leaves the entry of one session beside that of the next.
 */
function rivals(judged: readonly Judged[]): Map<RawPlink, RawPlink['name']> {
  const firsts = new FileMap<Judged>();
  const disputed = new FileMap<Judged[]>();
  const lists: (readonly Judged[])[] = [];
  for (const each of judged) {
    for (const file of claimed(each)) {
      const first = firsts.ensure(file.branch, file, () => each);
      if (first === each) continue;
      const list = disputed.ensure(file.branch, file, () => {
        const made = [first];
        lists.push(made);
        return made;
      });
      list.push(each);
    }
  }
  const found = new Map<RawPlink, RawPlink['name']>();
  for (const list of lists) {
    for (const each of list) {
      const other = list.find((one) => !sameEntry(one.plink, each.plink));
      if (other !== undefined && each.proof.origin !== undefined) found.set(each.plink, other.plink.name);
    }
  }
  return found;
}

function sameEntry(a: RawPlink, b: RawPlink): boolean {
  return a.branch === b.branch && sameInode(a.stat, b.stat);
}

function claimed({ proof }: Judged): readonly Namesake[] {
  return proof.origin === undefined ? (proof.perhaps ?? []) : [proof.origin];
}

function leftovers(uppers: readonly Layer[], owed: boolean, upper: UpperPlinkNames): Leftovers {
  return {
    running: owed,
    temporaries: owed ? uppers.flatMap((layer) => ownTemporaries(layer)) : [],
    times: upper.owedTimes,
    marks: [],
  };
}

function ownTemporaries({ root, branch }: Layer): Leftovers['temporaries'] {
  let fd: number;
  try {
    fd = openQuietly(root, ORPHAN_DIRECTORY);
  } catch (error) {
    if (isSysError(error, 'ENOENT')) return [];
    throw error;
  }
  try {
    return namesIn(fd)
      .filter(isOwnTemporary)
      .map((name) => ({ branch, name }));
  } finally {
    close(fd);
  }
}
