import { readFileSync, readlinkSync } from 'node:fs';

/** What `/proc/PID` tells of a process; numbers are in the pid namespace of that /proc. */
export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  /** Clock ticks from boot to its start: with the pid, it names a process once and for all until the next boot. */
  readonly startTime: string;
  readonly group: number;
  /** The foreground process group of its terminal, -1 without one. */
  readonly foregroundGroup: number;
  /** Ended, but not yet waited for. */
  readonly zombie: boolean;
}

/** Reads `/proc/PID/stat`; undefined where there is no such process. */
export function processStat(pid: number | 'self'): ProcessStat | undefined {
  const text = read(`/proc/${pid}/stat`);
  return text === undefined ? undefined : parseProcessStat(text);
}

/** Parses a line of proc_pid_stat(5). The command in it may hold spaces and parentheses. */
export function parseProcessStat(text: string): ProcessStat | undefined {
  const end = text.lastIndexOf(')');
  const rest = text.slice(end + 2).split(' ');
  const [state, parent, startTime] = [rest[0], rest[1], rest[19]];
  if (end < 0 || state === undefined || parent === undefined || startTime === undefined) return undefined;
  return {
    pid: Number.parseInt(text, 10),
    parent: Number(parent),
    startTime,
    group: Number(rest[2]),
    foregroundGroup: Number(rest[5]),
    zombie: state === 'Z' || state === 'X',
  };
}

/** The process' pids, from the namespace of this /proc inwards to its own. */
export function namespacePids(pid: number | 'self'): number[] {
  const line = /^NSpid:\s*(.*)$/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  return line === undefined ? [] : line.trim().split(/\s+/).map(Number);
}

/** The process' own pid namespace, as `pid:[INODE]`; undefined for somebody else's process. */
export function pidNamespace(pid: number | 'self'): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

/** Whether this process is in the foreground of a terminal, where `^C` reaches it and its children alike. */
export function isForeground(): boolean {
  const self = processStat('self');
  return self !== undefined && self.group === self.foregroundGroup;
}

/** The name of the program that a process runs. */
export function programOf(pid: number): string | undefined {
  return read(`/proc/${pid}/comm`)?.trimEnd();
}

/** Changes with every boot. */
export function bootId(): string | undefined {
  return read('/proc/sys/kernel/random/boot_id')?.trim();
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
