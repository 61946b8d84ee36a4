import { milliseconds } from '../milliseconds.js';
import type { Problem } from '../problem.js';
import { randomHex } from '../sys/random-hex.js';
import type { Union } from '../union/union.js';
import { shown } from '../words/shown.js';
import { busyProblem } from './busy-problem.js';
import { type HoldContext, isBusy } from './hold.js';
import { type HeldUnion, tryHoldUnion } from './hold-union.js';
import { holderOf } from './holder.js';
import type { OwnerRecord } from './owner-record.js';
import { ownIdentity } from './process-identity.js';
import { runtimeDirectory } from './runtime-directory.js';
import { visibleLocks } from './visible-lock.js';

/** The maintenance mode of a union, held until it is released or the process ends. */
export interface Maintenance {
  /** Held through an ancestor that admits its children, side by side with nobody else. */
  readonly inherited: boolean;
  /** What went wrong beside the lock itself, which stands: no place for the owner record, and the like. */
  readonly notes: readonly string[];
  /** Gives it back; a second call does nothing. */
  release(): void;
}

export interface EnterMaintenance {
  /** The subcommand, for the messages of others. */
  readonly command: string;
  /** Seconds to wait while somebody else holds it, `Infinity` allowed; undefined: not at all. */
  readonly wait?: number | undefined;
  /** Ends the waiting; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
  /** Whether programs that this process starts may operate on the union. */
  readonly admitsChildren?: boolean;
  /** Called once, before the waiting begins, with what would be thrown otherwise. */
  readonly onWait?: ((problem: Problem) => void) | undefined;
  /** Where the owner record is kept; see {@link runtimeDirectory}. */
  readonly runtimeDirectory?: string | undefined;
  /** Milliseconds; for tests. */
  readonly staleMs?: number;
}

const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 200;

// `maint status` has the flock for an instant, and a new holder has it an instant before its record is there.
const GRACE_MS = 100;

/**
 * Takes the maintenance mode of a union: of all its index directories, or of none. While it is held no other
 * plinkctl operates on them, under whatever name, in whatever container. Nothing on the branches changes.
 *
 * @throws Problem busy `locked`, with who holds it
 */
export async function enterMaintenance(union: Union, options: EnterMaintenance): Promise<Maintenance> {
  const { wait = 0, signal, onWait } = options;
  const runtime = await runtimeDirectory(options.runtimeDirectory);
  const notes: string[] = [];
  if (runtime === undefined) notes.push('there is no private directory for the owner record');
  const context: HoldContext = {
    runtime,
    takeVisibleLock: runtime === undefined ? undefined : await visibleLocks(runtime, options.staleMs),
    record: ownRecord(union, options),
    note: (text) => notes.push(text),
  };
  const start = milliseconds();
  let told = false;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    signal?.throwIfAborted();
    const held = tryHoldUnion(union, context);
    if (!isBusy(held)) return maintenanceOf(held, notes);
    const holder = holderOf(held, runtime);
    const patience = Math.max(wait * 1000, holder.recorded === undefined ? GRACE_MS : 0);
    const left = start + patience - milliseconds();
    if (left <= 0 || (wait > 0 && !told)) {
      const problem = busyProblem(held, holder, wait > 0);
      if (left <= 0) throw problem;
      told = true;
      onWait?.(problem);
    }
    // Half a pause up to one: a crowd must not come back all at once.
    await pauseFor(Math.min(left, pause * (0.5 + Math.random() / 2)), signal);
  }
}

function maintenanceOf(held: HeldUnion, notes: readonly string[]): Maintenance {
  const release = () => {
    process.removeListener('exit', release);
    held.release();
  };
  // The flock needs nobody to give it back; this is for what lies in the runtime directory.
  process.on('exit', release);
  return { inherited: held.level > 0, notes, release };
}

function ownRecord(union: Union, { command, admitsChildren = false }: EnterMaintenance): OwnerRecord {
  const paths = union.branches.filter(({ role }) => role === 'upper').map(({ path }) => path);
  return {
    ...ownIdentity(),
    nonce: randomHex(8),
    command,
    argv: process.argv.slice(1),
    since: new Date().toISOString(),
    targets: paths.map(shown),
    admitsChildren,
  };
}

async function pauseFor(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    const { setTimeout: sleep } = process.getBuiltinModule('node:timers/promises');
    await sleep(milliseconds, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    // The reason that was given, not Node's AbortError around it.
    signal?.throwIfAborted();
    throw error;
  }
}
