/** Every state that an index entry can be in; see the manual, section STATES. */
export const entryStates = [
  'restorable',
  'complete',
  'orphan',
  'stale',
  'foreign',
  'damaged',
  'ambiguous',
  'temporary',
  'junk',
  'whiteout',
  'directory',
] as const;

export type EntryState = (typeof entryStates)[number];
