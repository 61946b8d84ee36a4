import type { FrameStack } from './frame-stack.js';
import type { LoneWalk } from './lone-walk.js';
import type { WalkFrame } from './walk-frame.js';
import type { WalkOrder } from './walk-order.js';
import { shareOf, type WalkShare } from './walk-share.js';

/** Postponed directories that are given away at a time. */
const MAX_PARTS = 256;
/** Subdirectories that must wait in these before the first are given, while there is other work. */
const MIN_PARTS = 512;

/** Where the work of a walk is that is still to be done. */
export interface WalkWork {
  readonly order: WalkOrder;
  readonly frames: FrameStack;
  readonly lone: LoneWalk;
}

/**
 * Takes about half of what is left out of a walk, subtrees near to the root if possible; nothing if there is too little.
 *
 * @param eager - however little it is
 */
export function giveAway({ order, frames, lone }: WalkWork, eager: boolean): WalkShare[] {
  // Nobody is at these: they can go as they are.
  const whole = order.inRest ? order.waiting.length >> 1 : order.worthGiving(eager ? 1 : MIN_PARTS);
  if (whole > 0) {
    const given = order.give(Math.min(whole, MAX_PARTS));
    return given.map((frame) => shareOf(frame, frame.names.length));
  }
  if (!order.inRest) return [];
  let from = [...order.waiting, ...frames.all].find(({ names }) => names.length > 1);
  while (from === undefined && !lone.idle) {
    const [frame] = lone.give(1) as [WalkFrame];
    frames.push(frame);
    if (frame.names.length > 1) from = frame;
  }
  return from === undefined ? [] : [shareOf(from, from.names.length >> 1)];
}
