import { closeSync, openSync, writeSync } from 'node:fs';
import type { Random } from '../support/random.js';
import { copyImage } from './crash-image.js';
import type { DiskEvent, DiskLog } from './recording-disks.js';

/** Writes that are whole or not on a disk: the blocks of the file systems here. */
const PIECE = 4096;

/** What may be on the disks when the power goes at one moment. */
export interface DiskState {
  /** Events until the cut. */
  readonly cut: number;
  /** Events of the log that reached the disk, in their order; a piece of a write is one of its 4 KiB blocks. */
  readonly kept: readonly Piece[];
  /** How it came to be, for a report. */
  readonly words: string;
}

interface Piece {
  readonly disk: number;
  readonly offset: number;
  readonly data: Buffer;
}

/**
 * A state that a power cut after `cut` events can leave: of each disk all that was written before its last flush,
 * and of the rest every block with a chance of `percent`, whatever came before it.
 */
export function stateAt({ events }: DiskLog, cut: number, percent: number, random: Random): DiskState {
  const kept: Piece[] = [];
  let loose = 0;
  let lost = 0;
  const flushed = new Map<number, number>();
  for (let i = 0; i < cut; i += 1) {
    const event = events[i];
    if (event?.kind === 'flush') flushed.set(event.disk, i);
  }
  for (let i = 0; i < cut; i += 1) {
    const event = events[i];
    if (event?.kind !== 'write') continue;
    const durable = i < (flushed.get(event.disk) ?? -1);
    for (const piece of pieces(event)) {
      if (!durable) {
        loose += 1;
        if (!random.chance(percent)) {
          lost += 1;
          continue;
        }
      }
      kept.push(piece);
    }
  }
  return {
    cut,
    kept,
    words: `after ${cut} of ${events.length} events, ${lost} of ${loose} loose blocks lost`,
  };
}

function pieces({ disk, offset, data }: Extract<DiskEvent, { kind: 'write' }>): Piece[] {
  const parts: Piece[] = [];
  for (let at = 0; at < data.length; ) {
    const size = Math.min(data.length - at, PIECE - ((offset + at) % PIECE));
    parts.push({ disk, offset: offset + at, data: data.subarray(at, at + size) });
    at += size;
  }
  return parts;
}

/** The moments at which most can be loose: right before each flush, and the end. */
export function epochEnds({ events }: DiskLog, from: number): number[] {
  const ends = new Set<number>();
  let written = false;
  for (let i = from; i < events.length; i += 1) {
    if (events[i]?.kind === 'write') written = true;
    else if (written) {
      ends.add(i);
      written = false;
    }
  }
  ends.add(events.length);
  return [...ends];
}

/** Makes images of a state, from those that the run began with. */
export function buildState(state: DiskState, bases: readonly string[], paths: readonly string[]): void {
  for (const [disk, base] of bases.entries()) {
    const path = paths[disk] as string;
    copyImage(base, path);
    const fd = openSync(path, 'r+');
    try {
      for (const piece of state.kept) {
        if (piece.disk === disk) writeSync(fd, piece.data, 0, piece.data.length, piece.offset);
      }
    } finally {
      closeSync(fd);
    }
  }
}
