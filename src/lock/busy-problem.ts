import { Problem } from '../problem.js';
import { bytesFromText } from '../sys/bytes.js';
import { shown } from '../words/shown.js';
import type { Busy } from './hold.js';
import type { Holder, RecordedHolder } from './holder.js';
import { ownIdentity } from './process-identity.js';

/** What is told to who finds the maintenance mode taken. */
export function busyProblem(
  { object, level }: Busy,
  holder: Holder,
  waited: boolean,
  now = new Date(),
): Problem {
  const whose = level === 0 ? '' : ' (by a program that its holder started)';
  return new Problem('busy', 'locked', `the maintenance mode is held${whose} by ${describe(holder, now)}`, {
    path: object.path,
    hint: hint(holder, waited),
  });
}

function describe({ recorded, other }: Holder, now: Date): string {
  if (recorded !== undefined) {
    // A pid of another namespace says nothing here, so it is not given as one of this.
    const foreign = recorded.pidNamespace === ownIdentity().pidNamespace ? '' : ' of another pid namespace';
    const state = recorded.alive === true ? 'alive' : 'not visible from here';
    return `pid ${recorded.pid}${foreign} (plinkctl ${safe(recorded.command)}), since ${time(recorded.since, now)}, ${state}`;
  }
  if (other === undefined) return 'a process that cannot be seen from here';
  return `pid ${other.pid} (${safe(other.program ?? 'unknown program')}), which left no record`;
}

function hint({ recorded }: Holder, waited: boolean): string {
  if (recorded !== undefined && mayBeAncestor(recorded)) {
    return 'a program started by plinkctl maint run may work on the union, but not from a pid namespace of its own';
  }
  return waited
    ? 'plinkctl maint status tells more about the holder'
    : 'wait for it with --wait (or --wait=SECONDS); plinkctl maint status tells more about the holder';
}

function mayBeAncestor({ admitsChildren, pidNamespace }: RecordedHolder): boolean {
  return admitsChildren && pidNamespace !== ownIdentity().pidNamespace;
}

/** Local time of day; with the date where it was not today. */
function time(since: string, now: Date): string {
  const date = new Date(since);
  if (Number.isNaN(date.getTime())) return 'an unknown time';
  const two = (number: number): string => String(number).padStart(2, '0');
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  if (date.toDateString() === now.toDateString()) return clock;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock}`;
}

function safe(text: string): string {
  return shown(bytesFromText(text));
}
