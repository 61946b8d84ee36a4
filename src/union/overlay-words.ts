import { Problem } from '../problem.js';
import type { Bytes } from '../sys/bytes.js';
import { type MountOption, splitUnescaped, unescapeBackslash } from './mount-options.js';
import type { OverlayOptions } from './union.js';

/** The layers that an overlay's mount options name, as they are written there. */
export interface OverlayWords {
  /** Top first; data-only ones last. */
  readonly lowers: readonly { readonly path: Bytes; readonly data: boolean }[];
  readonly upper: Bytes | undefined;
  readonly work: Bytes | undefined;
  readonly options: OverlayOptions;
}

export const noOverlayOptions: OverlayOptions = {
  userxattr: false,
  index: undefined,
  nfsExport: undefined,
  metacopy: undefined,
  redirectDir: undefined,
  volatile: false,
  uuidOff: false,
};

const layerKeys = new Set(['lowerdir', 'lowerdir+', 'datadir+', 'upperdir', 'workdir']);

/** Whether any of the options names a layer of an overlay. */
export function namesOverlayLayers(options: readonly MountOption[]): boolean {
  return options.some((option) => layerKeys.has(option.key));
}

/**
 * Reads an overlay's mount options as overlayfs does: `lowerdir` and its colons, `::` before data-only layers,
 * a backslash before a colon, comma or backslash of a name; `lowerdir+` and `datadir+` without any escape.
 *
 * @throws Problem `usage` for a list of lowers that overlayfs refuses
 */
export function readOverlayWords(options: readonly MountOption[]): OverlayWords {
  let lowers: { path: Bytes; data: boolean }[] = [];
  let upper: Bytes | undefined;
  let work: Bytes | undefined;
  let flags: OverlayOptions = noOverlayOptions;
  for (const { key, value } of options) {
    if (layerKeys.has(key) && (value === undefined || value === '')) {
      throw new Problem('usage', 'empty-layer', `${key}= names no directory`);
    }
    if (key === 'lowerdir') lowers = splitLowers(value as Bytes);
    else if (key === 'lowerdir+') lowers.push({ path: value as Bytes, data: false });
    else if (key === 'datadir+') lowers.push({ path: value as Bytes, data: true });
    else if (key === 'upperdir') upper = unescapeBackslash(value as Bytes);
    else if (key === 'workdir') work = unescapeBackslash(value as Bytes);
    else flags = { ...flags, ...readFlag(key, value) };
  }
  const data = lowers.findIndex((lower) => lower.data);
  if (data === 0 || (data > 0 && lowers.slice(data).some((lower) => !lower.data))) {
    throw new Problem('usage', 'data-layer-order', 'data-only lowers must come after all other lowers');
  }
  return { lowers, upper, work, options: flags };
}

function splitLowers(list: Bytes): { path: Bytes; data: boolean }[] {
  const lowers: { path: Bytes; data: boolean }[] = [];
  let data = false;
  let empty = false;
  for (const [position, part] of splitUnescaped(list, ':').entries()) {
    if (part === '') {
      if (position === 0 || empty) throw emptyLower();
      empty = true;
      data = true;
      continue;
    }
    if (data && !empty) {
      throw new Problem(
        'usage',
        'data-layer-order',
        'after :: every further lower is data-only and needs ::',
      );
    }
    empty = false;
    lowers.push({ path: unescapeBackslash(part), data });
  }
  if (empty) throw emptyLower();
  return lowers;
}

function emptyLower(): Problem {
  return new Problem('usage', 'empty-layer', 'lowerdir= has an empty part; a colon of a name is written \\:');
}

function readFlag(key: string, value: string | undefined): Partial<OverlayOptions> {
  const on = value === 'on';
  switch (key) {
    case 'index':
      return { index: on };
    case 'nfs_export':
      return { nfsExport: on };
    case 'metacopy':
      return { metacopy: on };
    case 'redirect_dir':
      return value === 'on' || value === 'off' || value === 'follow' || value === 'nofollow'
        ? { redirectDir: value }
        : {};
    case 'userxattr':
      return { userxattr: true };
    case 'volatile':
      return { volatile: true };
    case 'fsync':
      return { volatile: value === 'volatile' };
    case 'uuid':
      return { uuidOff: value === 'off' };
    default:
      return {};
  }
}
