import { noProgress } from '../report/progress.js';
import { ProgressLine } from '../report/progress-line.js';
import { mostNames } from '../scan/most-names.js';
import { isSysError } from '../sys/sys-error.js';
import type { Union } from '../union/union.js';
import type { Context } from './context.js';

/** Told how far a walk is. */
export type OnLooking = (progress: { readonly directories: number; readonly names: number }) => void;

/** Told how many repairs are made. */
export type OnRepairing = (progress: { readonly repairs: number; readonly total: number }) => void;

/** Told how many links are made. */
export type OnLinking = (progress: { readonly links: number; readonly total: number }) => void;

/** Shows how far a walk over a union is. */
export function showLooking(union: Union, { progress }: Context): OnLooking {
  if (progress === noProgress) return () => {};
  const line = new ProgressLine();
  let atMost: { readonly names: number | undefined } | undefined;
  return (done) => {
    atMost ??= { names: mostNamesIfTold(union) };
    progress.show(line.looking(done, atMost.names));
  };
}

/** Shows how many links are made. */
export function showLinking({ progress }: Context): OnLinking {
  const line = new ProgressLine();
  return (done) => progress.show(line.linking(done));
}

/** Shows how many repairs are made. */
export function showRepairing({ progress }: Context): OnRepairing {
  const line = new ProgressLine();
  return (done) => progress.show(line.repairing(done));
}

// A branch that cannot be asked is for the walk to tell of.
function mostNamesIfTold(union: Union): number | undefined {
  try {
    return mostNames(union);
  } catch (error) {
    if (isSysError(error)) return undefined;
    throw error;
  }
}
