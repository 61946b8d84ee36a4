import { preadFixed } from '../../sys/data.js';
import { type FixedMemory, fixedMemory } from '../../sys/libc.js';
import { preadFully } from '../../sys/whole-data.js';
import { readOfSide } from './read-of-side.js';

/** Bytes compared at the start and at the end of a file; what lies between is sampled. */
const EDGE = 128 * 1024;
const SAMPLE = 16 * 1024;
const SAMPLES = 8;

/** Files up to this size are compared from end to end. */
const WHOLE = 2 * EDGE + SAMPLES * SAMPLE;

interface Place extends FixedMemory {
  /** The same bytes. */
  readonly buffer: Buffer;
}

/** Made once: two new buffers for each of 50,000 pairs of files take longer than to read them. */
let places: { readonly upper: Place; readonly lower: Place } | undefined;

/**
 * The share of a lower file's (sampled) bytes that stand at their place in an upper one, 0 to 1.
 *
 * @param size - bytes of the lower file
 * @throws UnreadSide
 */
export function contentShare(upper: number, lower: number, size: number): number {
  places ??= { upper: place(), lower: place() };
  const [u, l] = [places.upper, places.lower];
  let [equal, counted] = [0, 0];
  for (const [start, length] of pieces(size)) {
    const got = readOfSide('lower', () => read(lower, l, length, start));
    const there = readOfSide('upper', () => read(upper, u, length, start));
    // Mostly so: the copy was only written behind its end.
    if (length === size && there >= got && l.buffer.compare(u.buffer, 0, got, 0, got) === 0) return 1;
    const [a, b] = [u.bytes, l.bytes];
    for (let i = 0; i < got; i += 1) {
      // Zeros stand everywhere in sparse and binary files: they tell only where they differ.
      if (b[i] === 0 && i < there && a[i] === 0) continue;
      counted += 1;
      if (i < there && a[i] === b[i]) equal += 1;
    }
  }
  return counted === 0 ? 1 : equal / counted;
}

function place(): Place {
  const memory = fixedMemory(WHOLE);
  return { ...memory, buffer: Buffer.from(memory.bytes.buffer) };
}

/** Fills memory from `offset` of a file on; less only at the file's end. Returns the number of bytes. */
function read(fd: number, memory: Place, size: number, offset: number): number {
  const length = preadFixed(fd, memory, size, offset);
  if (length === 0 || length === size) return length;
  return length + preadFully(fd, memory.buffer.subarray(length, size), offset + length);
}

function pieces(size: number): (readonly [start: number, length: number])[] {
  if (size <= WHOLE) return size === 0 ? [] : [[0, size]];
  const step = Math.floor((size - 2 * EDGE) / SAMPLES);
  const between = Array.from({ length: SAMPLES }, (_, i) => [EDGE + i * step, SAMPLE] as const);
  return [[0, EDGE], ...between, [size - EDGE, EDGE]];
}
