import { baseOf, parentOf } from '../../sys/bytes.js';
import { withFd } from '../../sys/open.js';
import { isSysError } from '../../sys/sys-error.js';
import { openLongPath } from '../../union/open-layer-directory.js';
import { parseOverlayNlink, unionNlink } from '../../union/overlay-nlink.js';
import type { RawIndexEntry } from '../overlay/overlay-index.js';
import type { OverlayLayers } from '../overlay/overlay-layers.js';
import { isOwnTemporary } from '../own-marks.js';
import type { Finding, IndexEntry, ScanResult } from '../result.js';
import { entrySpot } from './entry-spot.js';
import { sameFile } from './same-data.js';

/**
 * What is to be said of the entries of an overlay's index.
 *
 * @param raw - what each of the result's entries was made of
 */
export function overlayEntryFindings(
  result: ScanResult,
  raw: readonly RawIndexEntry[],
  overlay: OverlayLayers,
): Finding[] {
  const exported =
    result.union.format === 'overlay' &&
    (result.union.options.nfsExport === true || raw.some(({ type }) => type === 'directory'));
  const findings: Finding[] = [];
  for (const [i, entry] of result.entries.entries()) {
    const from = raw[i];
    if (from?.name !== entry.name) throw new Error('entries that are not those of the index');
    findings.push(...ofEntry(entry, from, overlay, exported), ...linkCount(entry, overlay.prefix));
  }
  return findings;
}

type Told = Pick<Finding, 'code' | 'severity' | 'remedy'> &
  Partial<Pick<Finding, 'safe' | 'action' | 'message'>>;

function ofEntry(
  entry: IndexEntry,
  raw: RawIndexEntry,
  overlay: OverlayLayers,
  exported: boolean,
): Finding[] {
  const { state, atRisk, name, reason } = entry;
  const at = entrySpot(entry);
  const tell = (told: Told): Finding[] => [{ path: name, message: reason ?? state, safe: false, ...told }];
  const rescue = { kind: 'rescue', at, consent: 'rescue' } as const;
  const flush = { kind: 'flush', branch: 0, entry: name, consent: 'safe' } as const;
  switch (state) {
    case 'restorable':
      if (!atRisk) return [];
      return tell({
        code: 'only-copy-at-risk',
        severity: 'danger',
        remedy: 'plinkctl flush, before the next mount',
        safe: true,
        action: flush,
      });
    case 'orphan':
      return tell({
        code: 'orphan',
        severity: 'warning',
        message: `${reason}; ${atRisk ? 'the next mount with index=on deletes it' : 'it takes space for ever, the kernel may never remove it'}`,
        remedy: 'plinkctl prune, or repair --rescue DIR to keep a copy',
        action: rescue,
      });
    case 'stale':
      if (entry.overlay?.metacopy !== undefined) {
        return tell({
          code: 'data-gone',
          severity: 'error',
          message: 'it has metadata alone, and the lower file that held its data is gone',
          remedy:
            'put the lower file back where it was, or write to the file in a mount that still can read it',
        });
      }
      return tell({
        code: 'stale',
        severity: 'warning',
        remedy: 'plinkctl flush',
        safe: true,
        action: flush,
      });
    case 'damaged':
      return damaged(entry, overlay, tell);
    case 'ambiguous':
      if (raw.originXattr !== name) {
        return tell({
          code: 'origin-mismatch',
          severity: atRisk ? 'danger' : 'error',
          remedy:
            'repair --map FILE to say which names it stands for, or repair --rescue DIR to keep its data',
          action: rescue,
        });
      }
      return tell({
        code: 'ambiguous',
        severity: atRisk ? 'danger' : 'warning',
        remedy: 'plinkctl repair --map FILE',
      });
    case 'junk':
      return tell({
        code: 'junk-name',
        severity: 'error',
        remedy: 'plinkctl repair --rescue DIR',
        action: rescue,
      });
    case 'foreign':
      return tell({
        code: 'foreign',
        severity: 'warning',
        remedy:
          overlay.blocked?.code === 'uuid-conflict'
            ? overlay.blocked.remedy
            : 'give every lower that the union is mounted with',
      });
    case 'whiteout':
      if (entry.missing.length === 0) return [];
      return tell({
        code: 'whiteout-conflict',
        severity: 'error',
        remedy: exported
          ? 'plinkctl repair: nfs_export is in use, a client may still hold a handle of the removed file'
          : 'plinkctl repair -y',
        safe: !exported,
        action: { kind: 'remove', at, consent: exported ? 'decide' : 'safe' },
      });
    case 'temporary':
      if (isOwnTemporary(name) && entry.inode.nlink > 1 && entry.kind !== 'directory') {
        return tell({
          code: 'own-temporary',
          severity: 'note',
          message: 'a second name that an interrupted repair left',
          remedy: 'plinkctl repair -y, or the next mount',
          safe: true,
          action: { kind: 'remove', at, consent: 'safe' },
        });
      }
      return [];
    default:
      return [];
  }
}

function damaged(entry: IndexEntry, overlay: OverlayLayers, tell: (told: Told) => Finding[]): Finding[] {
  const at = entrySpot(entry);
  const origin = {
    kind: 'set-attribute',
    at,
    attribute: `${overlay.prefix}origin`,
    value: entry.name,
  } as const;
  if (entry.evidence[0] !== 'failed copy-up') {
    // Mountable again, the kernel would delete what nothing shows and no other name holds.
    if (entry.inode.nlink === 1 && entry.missing.length === 0) {
      return tell({
        code: 'origin-missing',
        severity: 'error',
        message: `${entry.reason}; and no name shows it, so that the kernel would delete it then`,
        remedy: 'plinkctl repair --rescue DIR keeps its data and lets the union be mounted',
        action: { kind: 'rescue', at, consent: 'rescue' },
      });
    }
    return tell({
      code: 'origin-missing',
      severity: 'error',
      remedy: 'plinkctl repair -y: its origin is written anew from its name',
      safe: true,
      action: { ...origin, consent: 'safe' },
    });
  }
  if (holdsNothingOfItsOwn(entry, overlay)) {
    return tell({
      code: 'failed-copy-up',
      severity: 'error',
      remedy: 'plinkctl repair -y: it is removed, nothing in it differs from the lower file',
      safe: true,
      action: { kind: 'remove', at, consent: 'safe' },
    });
  }
  return tell({
    code: 'failed-copy-up',
    severity: 'error',
    message:
      'a file without any overlay attribute or name, and it differs from the lower file: a mount with index=on fails',
    remedy: 'repair --rescue DIR moves it away, which lets the union be mounted',
    action: { kind: 'rescue', at, consent: 'rescue' },
  });
}

function holdsNothingOfItsOwn(entry: IndexEntry, { lowers, index }: OverlayLayers): boolean {
  const [shown] = entry.missing;
  const layer = lowers.find(({ branch }) => branch === shown?.lower.branch);
  if (shown === undefined || layer === undefined || index === undefined) return false;
  try {
    return withFd(openLongPath(layer.root, parentOf(shown.lower.path)), (dirfd) =>
      sameFile({ dirfd: index, name: entry.name }, { dirfd, name: baseOf(shown.lower.path) }),
    );
  } catch (error) {
    if (isSysError(error)) return false;
    throw error;
  }
}

const counted: readonly IndexEntry['state'][] = ['restorable', 'complete', 'stale'];

/** The kernel's own count is wrong wherever a lower name is not visible, and then the entry is never removed. */
function linkCount(entry: IndexEntry, prefix: string): Finding[] {
  const { overlay, inode, names, missing, state } = entry;
  if (overlay === undefined || !counted.includes(state) || !overlay.accounted) return [];
  // With one link left on its origin the kernel does not look at the record at all.
  if (overlay.lowerNlink === 1 || overlay.lowerNlink === undefined) return [];
  const record = parseOverlayNlink(overlay.nlinkXattr);
  const told = record === undefined ? undefined : unionNlink(record, inode.nlink, overlay.lowerNlink);
  const real = names.length + missing.length;
  if (told === real) return [];
  return [
    {
      code: 'wrong-nlink',
      // Too high is the kernel's everyday fault, too low is nobody's.
      severity: told !== undefined && told > real ? 'note' : 'warning',
      path: names[0] ?? missing[0]?.path ?? entry.name,
      message:
        told === undefined
          ? 'its link count is not recorded: the kernel warns and shows a wrong one'
          : `the kernel counts ${told} names where there are ${real}: ${told > real ? 'when all are removed, its data stays in the index for ever' : 'its data would go while names are left'}`,
      remedy: 'plinkctl repair -y, restore or flush: each sets the count right',
      safe: true,
      action: {
        kind: 'set-attribute',
        at: entrySpot(entry),
        attribute: `${prefix}nlink`,
        value: Buffer.from(overlay.nlinkWanted, 'latin1').toString('hex'),
        consent: 'safe',
      },
    },
  ];
}
