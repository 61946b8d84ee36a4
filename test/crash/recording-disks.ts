import { closeSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ascii, bytesFromText } from '../../src/sys/bytes.js';
import { MNT_DETACH, mount, umount } from '../../src/sys/mount.js';

/** What a disk was told, in order: data at an offset, or that everything completed until then must be durable. */
export type DiskEvent =
  | { readonly kind: 'write'; readonly disk: number; readonly offset: number; readonly data: Buffer }
  | { readonly kind: 'flush'; readonly disk: number };

/** Events, and how many of them there were when something happened. */
export interface DiskLog {
  readonly events: readonly DiskEvent[];
  /** The number of events before a position in the log. */
  before(position: bigint): number;
}

const MNT_FORCE = 1;
const HEAD = 24;
const WRITE = 1;

/**
 * Disk images served through /dev/fuse, so that a loop device over one of them tells each write and each flush. The
 * kernel here has no device mapper; loop hands the barriers of the file system down as fsync of the image.
 */
export class RecordingDisks {
  readonly #mountpoint: string;
  readonly #log: string;
  readonly #logged: BigInt64Array;
  readonly #ended: Promise<unknown>;

  private constructor(worker: Worker, mountpoint: string, log: string, counter: SharedArrayBuffer) {
    this.#mountpoint = mountpoint;
    this.#log = log;
    this.#logged = new BigInt64Array(counter);
    this.#ended = new Promise((resolve, reject) => {
      worker.once('exit', resolve);
      worker.once('error', reject);
    });
  }

  /** @param directory - an empty one, for the mount point and the log */
  static async serve(directory: string, images: readonly string[]): Promise<RecordingDisks> {
    const mountpoint = join(directory, 'disks');
    mkdirSync(mountpoint);
    const fuse = openSync('/dev/fuse', 'r+');
    const logFile = join(directory, 'log');
    const log = openSync(logFile, 'w');
    const counter = new SharedArrayBuffer(8);
    // Before anybody reads the device: until it is mounted a read fails.
    const data = ascii(`fd=${fuse},rootmode=40000,user_id=0,group_id=0`);
    mount(ascii('disks'), bytesFromText(mountpoint), ascii('fuse'), 0, data);
    const worker = new Worker(new URL('recording-disk-server.cjs', import.meta.url), {
      workerData: {
        fuse,
        log,
        counter,
        images: images.map((path) => ({ path, bytes: statSync(path).size })),
      },
    });
    const disks = new RecordingDisks(worker, mountpoint, logFile, counter);
    worker.once('exit', () => {
      closeSync(fuse);
      closeSync(log);
    });
    await new Promise<void>((resolve) => worker.once('online', resolve));
    return disks;
  }

  /** The image to put a loop device over. */
  path(disk: number): string {
    return join(this.#mountpoint, String(disk));
  }

  /** A place in the log: everything that the disks were told until now is before it. */
  position(): bigint {
    return Atomics.load(this.#logged, 0);
  }

  /** Ends the service; nothing may be mounted from the disks any more. */
  async stop(): Promise<DiskLog> {
    umount(bytesFromText(this.#mountpoint), MNT_DETACH);
    await this.#ended;
    return readLog(readFileSync(this.#log));
  }

  /** Ends the service whatever is still mounted. */
  async abort(): Promise<void> {
    umount(bytesFromText(this.#mountpoint), MNT_FORCE | MNT_DETACH);
    await this.#ended;
  }
}

function readLog(log: Buffer): DiskLog {
  const events: DiskEvent[] = [];
  const positions: number[] = [];
  for (let at = 0; at < log.length; ) {
    positions.push(at);
    const [kind, disk] = [log.readUInt32LE(at), log.readUInt32LE(at + 4)];
    const [offset, length] = [Number(log.readBigUInt64LE(at + 8)), log.readUInt32LE(at + 16)];
    const data = log.subarray(at + HEAD, at + HEAD + length);
    events.push(kind === WRITE ? { kind: 'write', disk, offset, data } : { kind: 'flush', disk });
    at += HEAD + length;
  }
  return { events, before: (position) => positions.filter((start) => start < Number(position)).length };
}
