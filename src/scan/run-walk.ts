import type { Stack, ViewRules } from '../union/view-rules.js';
import type { ScanOptions } from './scan.js';
import { type WalkProgress, type WalkVisitor, walk } from './walk.js';

/** Milliseconds of work between two breaths of the event loop (signals, lock heartbeat, progress line). */
const BREATH_MS = 40;

/** Runs a walk to its end, letting the event loop live meanwhile. */
export async function runWalk(
  roots: Stack,
  rules: ViewRules,
  visitor: WalkVisitor,
  { signal, onProgress }: ScanOptions,
  progress: WalkProgress = { directories: 0, names: 0 },
): Promise<WalkProgress> {
  signal?.throwIfAborted();
  let last = performance.now();
  for (const _ of walk(roots, rules, visitor, progress)) {
    const now = performance.now();
    if (now - last < BREATH_MS) continue;
    onProgress?.(progress);
    await new Promise<void>((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    last = performance.now();
  }
  return progress;
}
