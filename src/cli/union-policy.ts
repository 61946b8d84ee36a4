import type { Bytes } from '../sys/bytes.js';

/** How the configuration wants a union treated by `--all`; what the command line says goes before. */
export interface UnionPolicy {
  /** As `--min-age` takes it. */
  readonly minAge?: string | undefined;
  /** As `--rescue` takes it. */
  readonly rescue?: Bytes | undefined;
  /** `best-effort`: entries that a run keeps do not make its exit code 4; what `check` finds does. */
  readonly mode?: 'strict' | 'best-effort' | undefined;
}
