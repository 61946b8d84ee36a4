import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, test } from '@jest/globals';

/** What a test asks of the machine. A file system includes the programs that make its images. */
export type Need =
  | 'root'
  | 'loop'
  | 'fuse'
  | 'kmsg'
  | 'userns'
  | 'overlay'
  | 'tmpfs'
  | 'ext4'
  | 'ext4-typeless'
  | 'ext4-journalless'
  | 'fscrypt'
  | 'xfs'
  | 'xfs-parents'
  | 'btrfs'
  | 'squashfs'
  | 'erofs';

const CAP_SYS_ADMIN = 21n;

const probes: Readonly<Record<Need, () => boolean>> = {
  root: () => process.geteuid?.() === 0 && hasCapability(CAP_SYS_ADMIN),
  loop: () => existsSync('/dev/loop-control'),
  fuse: () => existsSync('/dev/fuse') && hasFileSystem('fuse'),
  kmsg: () => canRead('/dev/kmsg'),
  userns: () => spawnSync('unshare', ['--user', '--map-root-user', 'true']).status === 0,
  overlay: () => hasFileSystem('overlay'),
  tmpfs: () => hasFileSystem('tmpfs'),
  ext4: () => hasFileSystem('ext4') && hasProgram('mkfs.ext4'),
  'ext4-typeless': () => hasFileSystem('ext4') && hasProgram('mkfs.ext4'),
  'ext4-journalless': () => hasFileSystem('ext4') && hasProgram('mkfs.ext4'),
  fscrypt: () => existsSync('/sys/fs/ext4/features/encryption'),
  xfs: () => hasFileSystem('xfs') && hasProgram('mkfs.xfs'),
  'xfs-parents': () => hasFileSystem('xfs') && hasProgram('mkfs.xfs') && linux() >= 6010,
  btrfs: () => hasFileSystem('btrfs') && hasProgram('mkfs.btrfs'),
  squashfs: () => hasFileSystem('squashfs') && hasProgram('mksquashfs'),
  erofs: () => hasFileSystem('erofs') && hasProgram('mkfs.erofs'),
};

const answers = new Map<Need, boolean>();

/** Those of `needs` that this machine does not fulfil. */
export function missing(needs: readonly Need[]): Need[] {
  return needs.filter((need) => {
    const known = answers.get(need);
    if (known !== undefined) return !known;
    const answer = probes[need]();
    answers.set(need, answer);
    return !answer;
  });
}

/**
 * A `describe` whose tests run only where the machine fulfils `needs`. Elsewhere they are skipped and one
 * line on stderr says why; with PLINKCTL_REQUIRE_KERNEL=1 the group fails instead.
 *
 * `body` is called in any case, to name the tests: mounts and files belong into hooks and tests.
 */
export function describeKernel(name: string, needs: readonly Need[], body: () => void): void {
  const lacking = missing(needs);
  if (lacking.length > 0 && process.env.PLINKCTL_REQUIRE_KERNEL === '1') {
    describe(name, () => {
      test(`needs ${lacking.join(', ')}`, () => {
        throw new Error(`${name}: this machine lacks ${lacking.join(', ')}`);
      });
    });
    return;
  }
  if (lacking.length > 0) process.stderr.write(`skipped: ${name}: needs ${lacking.join(', ')}\n`);
  const describeHere = lacking.length === 0 ? describe : describe.skip;
  describeHere(name, body);
}

function hasFileSystem(type: string): boolean {
  const listed = () => readFileSync('/proc/filesystems', 'latin1').split(/\s+/).includes(type);
  if (listed()) return true;
  // A file system built as a module is not listed before its first use.
  spawnSync('modprobe', ['-q', type]);
  return listed();
}

/** Major and minor version as one number that grows: 6.18 gives 6018. */
/** Major and minor release of the kernel: 6013 is 6.13. */
export function linux(): number {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  return major * 1000 + minor;
}

function hasProgram(name: string): boolean {
  const directories = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return directories.some((directory) => existsSync(join(directory, name)));
}

function hasCapability(bit: bigint): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
  return effective !== undefined && ((BigInt(`0x${effective}`) >> bit) & 1n) === 1n;
}

function canRead(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
