import type { Bytes } from '../../sys/bytes.js';
import type { InodeId } from '../../sys/inode-id.js';
import type { Layer } from '../../union/view-rules.js';
import { emptyFrame, identify, type WalkFrame } from './walk-frame.js';

/** A merged directory as another thread can open it. */
export interface WalkPlace {
  readonly path: Bytes;
  readonly layers: readonly { readonly branch: number; readonly real: Bytes }[];
}

/** A part of a walk that can be handed to another thread: subdirectories of one directory. */
export interface WalkShare {
  /** The directory and its ancestors, the root last. */
  readonly places: readonly WalkPlace[];
  /** Identities of the directory's layers, to be met again. */
  readonly ids: readonly InodeId[];
  readonly names: Bytes[];
  readonly positions: number[];
  readonly settled: boolean;
}

/** Takes some of a frame's subdirectories out, those that would be entered last. */
export function shareOf(frame: WalkFrame, count: number): WalkShare {
  const places: WalkPlace[] = [];
  for (let at: WalkFrame | undefined = frame; at !== undefined; at = at.parent) {
    places.push({
      path: at.path,
      layers: at.stack.map(({ layer, real }) => ({ branch: layer.branch, real })),
    });
  }
  return {
    places,
    ids: frame.closed ?? identify(frame),
    names: frame.names.splice(0, count),
    positions: frame.positions.splice(0, count),
    settled: frame.settled,
  };
}

/** The frame of a share, its directories closed. */
export function frameOf(
  { places, ids, names, positions, settled }: WalkShare,
  layerOf: (branch: number) => Layer,
): WalkFrame {
  let frame: WalkFrame | undefined;
  for (const { path, layers } of [...places].reverse()) {
    const stack = layers.map(({ branch, real }) => ({ layer: layerOf(branch), real, fd: -1 }));
    frame = { ...emptyFrame(path, frame, stack), closed: ids };
  }
  if (frame === undefined) throw new Error('a share of no directory');
  return Object.assign(frame, { names, positions, settled });
}
