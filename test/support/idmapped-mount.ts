import { spawn } from 'node:child_process';
import { mkdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { type Bytes, bytesFromText } from '../../src/sys/bytes.js';
import { cString } from '../../src/sys/check.js';
import { orErrno, syscall } from '../../src/sys/libc.js';
import { cloneMount } from '../../src/sys/mount.js';
import { O_RDONLY, openTrusted, withFd } from '../../src/sys/open.js';
import { pause } from './pause.js';

const MOVE_MOUNT = 429;
const MOVE_MOUNT_F_EMPTY_PATH = 4;
const MOUNT_SETATTR = 442;
const AT_FDCWD = -100;
const AT_EMPTY_PATH = 0x1000;
const MOUNT_ATTR_IDMAP = 0x100000n;

const setattrCall = syscall('int', 'void *', 'unsigned int', 'void *', 'size_t');
const moveCall = syscall('int', 'void *', 'int', 'void *', 'unsigned int');

/** Mounts a directory at another with its owners mapped, in the words of uid_map: `0 5000 70000`. */
export function idmappedMount(source: string, target: string, map: string): void {
  mkdirSync(target, { recursive: true });
  const sleeper = spawn('unshare', ['--user', 'sleep', '60']);
  try {
    const namespace = `/proc/${sleeper.pid}/ns/user`;
    while (readlinkSync(namespace) === readlinkSync('/proc/self/ns/user')) pause(10);
    for (const ids of ['uid_map', 'gid_map']) writeFileSync(`/proc/${sleeper.pid}/${ids}`, map);
    withFd(openTrusted(bytesFromText(namespace), O_RDONLY), (owners) =>
      withFd(cloneMount(AT_FDCWD, bytesFromText(source)), (clone) => {
        const itself = cString('' as Bytes);
        const attributes = Buffer.alloc(32);
        attributes.writeBigUInt64LE(MOUNT_ATTR_IDMAP, 0);
        attributes.writeBigUInt64LE(BigInt(owners), 24);
        done(setattrCall(MOUNT_SETATTR, clone, itself, AT_EMPTY_PATH, attributes, attributes.length));
        const there = cString(bytesFromText(target));
        done(moveCall(MOVE_MOUNT, clone, itself, AT_FDCWD, there, MOVE_MOUNT_F_EMPTY_PATH));
      }),
    );
  } finally {
    sleeper.kill();
  }
}

function done(result: number): void {
  const code = orErrno(result);
  if (code < 0) throw new Error(`no idmapped mount: errno ${-code}`);
}
