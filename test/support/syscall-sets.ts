import { command } from './command.js';

/** The system calls of each of systemd's sets (`@mount`, …), with those of the sets in it. */
export function syscallSets(): (set: string) => ReadonlySet<string> {
  const sets = new Map<string, string[]>();
  let members: string[] = [];
  for (const line of command('systemd-analyze', '--no-pager', 'syscall-filter').split('\n')) {
    if (line.startsWith('@')) {
      members = [];
      sets.set(line.trim(), members);
    } else if (/^ +[@a-z]/.test(line)) {
      members.push(line.trim());
    }
  }
  const all = (name: string): string[] =>
    name.startsWith('@') ? (sets.get(name) ?? []).flatMap(all) : [name];
  return (set) => new Set(all(set));
}

/** Names of the system calls in what strace(1) wrote. */
export function tracedCalls(trace: string): ReadonlySet<string> {
  const calls = [...trace.matchAll(/^(?:\d+ +)?(?:<\.\.\. )?([a-z]\w*)(?:\(| resumed)/gm)];
  return new Set(calls.map(([, name = '']) => name));
}
