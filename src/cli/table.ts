import type { Command } from './command.js';
import { check } from './commands/check.js';
import { demo } from './commands/demo.js';
import { discover } from './commands/discover.js';
import { flush } from './commands/flush.js';
import { list } from './commands/list.js';
import { maintRun, maintStatus } from './commands/maint.js';
import { prune } from './commands/prune.js';
import { record } from './commands/record.js';
import { repair } from './commands/repair.js';
import { restore } from './commands/restore.js';

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  list,
  check,
  restore,
  flush,
  prune,
  repair,
  record,
  maintRun,
  maintStatus,
  discover,
  demo,
];
