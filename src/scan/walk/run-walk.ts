import { milliseconds } from '../../milliseconds.js';
import type { Stack, ViewRules } from '../../union/view-rules.js';
import type { ScanOptions } from '../scan-options.js';
import { Walk } from './walk.js';
import type { WalkProgress, WalkVisitor } from './walk-visitor.js';

/** Milliseconds of work between two breaths of the event loop (signals, lock heartbeat, progress line). */
const BREATH_MS = 40;

/** Directories between two looks at the clock and at the other thread. */
export const STEP = 64;

/** Something that shares a walk with another thread; see `share-walk.ts`. */
export interface WalkSharing {
  /** Starts the other thread and waits until it has asked for work. */
  ready(): Promise<void>;
  /** Between two steps: gives work away if the other thread has none. Returns whether that has told what it found. */
  exchange(walk: Walk): boolean;
  /** When this thread has no work left: true when it got some again, false when all is done. */
  more(walk: Walk): Promise<boolean>;
  /** Tells the other thread to end, whatever it does. */
  dismiss(): void;
}

/** Runs a walk to its end, letting the event loop live meanwhile. */
export async function runWalk(
  roots: Stack,
  rules: ViewRules,
  visitor: WalkVisitor,
  { signal, onProgress, ways = {} }: ScanOptions,
  progress: WalkProgress = { directories: 0, names: 0 },
  sharing?: WalkSharing,
): Promise<WalkProgress> {
  signal?.throwIfAborted();
  const walk = new Walk(roots, rules, visitor, progress, ways);
  const step = ways.eager === true ? 1 : STEP;
  let last = milliseconds();
  try {
    walk.start();
    if (ways.eager === true) await sharing?.ready();
    for (;;) {
      while (walk.step(step)) {
        if (visitor.isBehind === true) await visitor.catchUp?.();
        if (sharing?.exchange(walk) === true && walk.inRest && walk.complete) return progress;
        const now = milliseconds();
        if (now - last < BREATH_MS) continue;
        onProgress?.(progress);
        await new Promise<void>((resolve) => setImmediate(resolve));
        signal?.throwIfAborted();
        last = milliseconds();
      }
      if (walk.asks) {
        walk.lookFirst((await visitor.likely?.(walk.isLate)) ?? []);
        signal?.throwIfAborted();
        continue;
      }
      if (walk.complete) return progress;
      if (sharing === undefined || !(await sharing.more(walk))) return progress;
      signal?.throwIfAborted();
    }
  } finally {
    walk.close();
    sharing?.dismiss();
  }
}
