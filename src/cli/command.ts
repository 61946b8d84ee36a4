import type { Report } from '../report/report.js';
import type { Bytes } from '../sys/bytes.js';
import type { Context } from './context.js';
import type { Options, Values } from './option.js';

/** What stood on the command line behind a command's name. */
export interface Invocation<O extends Options> {
  readonly values: Values<O>;
  readonly positionals: readonly Bytes[];
  /** What stood behind `--`, for a command that takes a command line of its own. */
  readonly rest: readonly Bytes[];
}

/** One command, as data and one function. */
export interface Command<O extends Options = Options> {
  /** One word, or two for a command of a group (`maint run`). */
  readonly name: string;
  /** One line, lower case, no full stop. */
  readonly summary: string;
  /** Paragraphs of the long help. */
  readonly details: readonly string[];
  /** Each with what it shows. */
  readonly examples: readonly (readonly [command: string, what: string])[];
  /** Exit codes that have a meaning of their own here, beside the usual ones. */
  readonly exitStatus: readonly (readonly [code: number, meaning: string])[];
  /** Names of the positional arguments, for the help. */
  readonly positionals: readonly string[];
  /** Whether everything behind `--` is a command line of its own. */
  readonly takesRest?: boolean;
  readonly options: O;
  /** Imports heavy modules itself: what is loaded before costs every start. */
  run(invocation: Invocation<O>, context: Context): Promise<Report>;
}

/** Lets TypeScript see each option's type. */
export function defineCommand<const O extends Options>(command: Command<O>): Command<O> {
  return command;
}
