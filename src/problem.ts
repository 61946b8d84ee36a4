import type { Bytes } from './sys/bytes.js';

/** Decides the exit code: 16, 8, 75. */
export type ProblemKind = 'usage' | 'operational' | 'busy';

/** What a user is told instead of a result: one line that says what is wrong, where, and what to do. */
export class Problem extends Error {
  /** Stable, kebab-case; part of the JSON output. */
  readonly code: string;
  readonly kind: ProblemKind;
  /** The file or directory it is about. */
  readonly path: Bytes | undefined;
  /** What to do, as a sentence or a command line. */
  readonly hint: string | undefined;

  constructor(
    kind: ProblemKind,
    code: string,
    message: string,
    details: {
      readonly path?: Bytes | undefined;
      readonly hint?: string | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'Problem';
    this.kind = kind;
    this.code = code;
    this.path = details.path;
    this.hint = details.hint;
  }
}
