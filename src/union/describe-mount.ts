import { readFileSync } from 'node:fs';
import { type Bytes, bytesOf, toBuffer } from '../sys/bytes.js';
import { readAufsWords, readBranch } from './aufs-words.js';
import type { DescribedUnion } from './described.js';
import { type MountOption, readMountOption } from './mount-options.js';
import type { MountInfo } from './mountinfo.js';
import { decodeOctal } from './octal.js';
import { noOverlayOptions, type OverlayWords, readOverlayWords } from './overlay-words.js';
import type { Branch, OverlayOptions } from './union.js';

/** What the kernel calls its unions in mountinfo. */
export function isUnionType(type: string): type is 'aufs' | 'overlay' {
  // Before Linux 3.18 the out-of-tree driver was `overlayfs`; it had no index and another layout.
  return type === 'aufs' || type === 'overlay';
}

/**
 * The union behind a line of mountinfo.
 *
 * @param kernelRoot - directory that holds `proc` and `sys`
 * @param pid - the process whose mountinfo it is, where that is another mount namespace
 */
export function describeMount(mount: MountInfo, kernelRoot: Bytes, pid?: number): DescribedUnion {
  const prefix = pid === undefined ? '' : `${kernelRoot}/proc/${pid}/root`;
  const reach = (path: Bytes): Bytes => (path.startsWith('/') ? `${prefix}${path}` : path) as Bytes;
  const mounted = { path: reach(mount.mountpoint), dev: mount.dev, readOnly: mount.readOnly, pid };
  // Octal is undone after the split: `\054` is a comma inside of a value.
  const options = splitSuperOptions(mount.superOptions);
  if (mount.type === 'aufs') {
    const si = options.find((option) => option.key === 'si')?.value;
    const branches = aufsBranches(options, si, kernelRoot);
    return {
      format: 'aufs',
      branches: branches.map((branch) => ({ ...branch, path: reach(branch.path) })),
      work: undefined,
      options: noOverlayOptions,
      mounted: options.some(({ key }) => key === 'noplink') ? { ...mounted, noplink: true } : mounted,
      si,
    };
  }
  const words = readOverlayWords(options);
  return {
    format: 'overlay',
    branches: overlayBranches(words).map((branch) => ({ ...branch, path: reach(branch.path) })),
    work: words.work === undefined ? undefined : reach(words.work),
    options: withDefaults(words.options, kernelRoot),
    mounted,
    si: undefined,
  };
}

/** Upper, lowers, data-only lowers. */
export function overlayBranches(words: OverlayWords): Branch[] {
  const upper: Branch[] =
    words.upper === undefined ? [] : [{ path: words.upper, role: 'upper', whiteouts: true }];
  const lowers = words.lowers.map(
    ({ path, data }): Branch => ({ path, role: data ? 'data' : 'lower', whiteouts: true }),
  );
  return [...upper, ...lowers];
}

function splitSuperOptions(text: Bytes): MountOption[] {
  return text.split(',').map((option) => readMountOption(decodeOctal(option as Bytes)));
}

function aufsBranches(options: readonly MountOption[], si: string | undefined, kernelRoot: Bytes): Branch[] {
  // Without sysfs support aufs lists its branches in the mount options themselves.
  const listed = readAufsWords(options);
  if (listed.length > 0 || si === undefined) return listed;
  const branches: Branch[] = [];
  for (;;) {
    const line = readLine(`${kernelRoot}/sys/fs/aufs/si_${si}/br${branches.length}` as Bytes);
    if (line === undefined) return branches;
    branches.push(readBranch(decodeOctal(line), branches.length === 0));
  }
}

// The kernel shows an option only where it differs from the module's default.
function withDefaults(options: OverlayOptions, kernelRoot: Bytes): OverlayOptions {
  const parameter = (name: string): boolean | undefined => {
    const value = readLine(`${kernelRoot}/sys/module/overlay/parameters/${name}` as Bytes);
    return value === undefined ? undefined : value === 'Y';
  };
  const redirect = parameter('redirect_dir');
  const follow = parameter('redirect_always_follow');
  return {
    ...options,
    index: options.index ?? parameter('index'),
    nfsExport: options.nfsExport ?? parameter('nfs_export'),
    metacopy: options.metacopy ?? parameter('metacopy'),
    redirectDir:
      options.redirectDir ??
      (redirect === undefined ? undefined : redirect ? 'on' : follow === false ? 'nofollow' : 'follow'),
  };
}

function readLine(path: Bytes): Bytes | undefined {
  try {
    return bytesOf(readFileSync(toBuffer(path))).replace(/\n$/, '') as Bytes;
  } catch {
    return undefined;
  }
}
