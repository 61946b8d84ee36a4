import { closeSync, openSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { native, orErrno } from '../../src/sys/libc.js';

const LOOP_CTL_GET_FREE = 0x4c82;
const LOOP_CONFIGURE = 0x4c0a;
const LO_FLAGS_AUTOCLEAR = 4;
const CONFIG_BYTES = 304;
const FLAGS_OFFSET = 8 + 52;
const EBUSY = 16;

const ioctl = native('int ioctl(int fd, unsigned long request, void *argument)');

/** A loop device that goes when its last user (the mount) goes. */
export interface LoopDevice {
  /** Such as `/dev/loop3`. */
  readonly path: string;
  /** Closes this process' own hold on it. */
  release(): void;
}

/** Puts a loop device over an image file; a process for each mount would be most of the cost of these tests. */
export function attachLoop(image: string): LoopDevice {
  const backing = openSync(image, 'r+');
  const control = openSync('/dev/loop-control', 'r+');
  try {
    for (;;) {
      const number = orErrno(ioctl(control, LOOP_CTL_GET_FREE, null));
      if (number < 0) throw new Error(`no loop device: errno ${-number}`);
      const path = `/dev/loop${number}`;
      const device = openSync(path, 'r+');
      const config = Buffer.alloc(CONFIG_BYTES);
      config.writeUInt32LE(backing, 0);
      config.writeUInt32LE(LO_FLAGS_AUTOCLEAR, FLAGS_OFFSET);
      const result = orErrno(ioctl(device, LOOP_CONFIGURE, config));
      if (result === 0) return { path, release: () => closeSync(device) };
      closeSync(device);
      // Another process took the device between the two calls.
      if (result !== -EBUSY) throw new Error(`cannot attach ${image}: errno ${-result}`);
    }
  } finally {
    closeSync(control);
    closeSync(backing);
  }
}

/** Writes that the device has completed, and those still under way: equal tellings mean an unchanged image. */
export function writesOf(device: LoopDevice): string {
  const fields = readFileSync(`/sys/block/${basename(device.path)}/stat`, 'latin1')
    .trim()
    .split(/\s+/);
  return `${fields[4]} ${fields[6]} ${fields[8]}`;
}
