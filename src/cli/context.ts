import type { Notice } from '../report/notice.js';
import type { Progress } from '../report/progress.js';
import type { GroupHints } from '../scan/hints/group-hints.js';
import type { Bytes } from '../sys/bytes.js';

/** Where text goes; replaced by tests. */
export interface Streams {
  out(text: string): void;
  err(text: string): void;
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  /** Whether it is the systemd journal that reads. */
  readonly outIsJournal?: boolean;
  readonly errIsJournal?: boolean;
  /** Columns of the terminal behind stdout; 80 where there is none, or where it has none. */
  readonly columns: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Asks the person at the terminal for a line; undefined where nobody can answer. */
  readonly ask?: ((question: string, signal: AbortSignal) => Promise<string>) | undefined;
}

/** What a command has around it. */
export interface Context {
  /** Of this program; undefined in its other roles. */
  readonly version?: string;
  readonly streams: Streams;
  /** Aborted by SIGINT, SIGTERM and `--timeout`. */
  readonly signal: AbortSignal;
  /** Threads for a long walk; undefined leaves it to the scan. */
  readonly threads: number | undefined;
  /** Whether directories may be read from the device of their file system; unless told they are. */
  readonly device?: boolean;
  /** What is remembered of lowers that are looked at more than once. */
  readonly groups?: GroupHints | undefined;
  /** When `--timeout` is up, in the milliseconds of `milliseconds()`: for work that lets no timer run. */
  readonly deadline: number | undefined;
  /** `''`, or where tests keep their `proc`, `sys` and `etc`. */
  readonly kernelRoot: Bytes;
  /** Value of `--state-dir`. */
  readonly stateDirectory?: Bytes | undefined;
  /** A message beside the report, on stderr. */
  notice(notice: Notice): void;
  readonly progress: Progress;
}
