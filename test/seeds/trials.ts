import { type AufsTally, aufsTrial } from './aufs-trial.js';
import type { Kind } from './kinds.js';
import { mountedTrial } from './mounted-trial.js';
import { offlineTrial } from './offline-trial.js';
import { pruneTrial } from './prune-trial.js';
import { repairTrial } from './repair-trial.js';
import { tamperedTrial } from './tampered-trial.js';
import type { TrialPlace } from './trial.js';

const tally: AufsTally = { restored: 0, flushed: 0, kept: 0 };

/** What is done with one seed, by kind; throws at the first thing that is wrong. */
export const trials: Readonly<Record<Kind, (seed: number, place: TrialPlace) => Promise<unknown>>> = {
  offline: offlineTrial,
  mounted: mountedTrial,
  prune: pruneTrial,
  repair: repairTrial,
  tampered: tamperedTrial,
  aufs: (seed) => aufsTrial(seed, tally),
};
