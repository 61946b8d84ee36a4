import type { Bytes } from '../sys/bytes.js';

/** One option of the command line, as data: parser, help, completion and manual are made from it. */
export interface Option {
  /**
   * `flag`: no value, `--no-NAME` for false. `text`, `number`: one value. `list`: one value each time, may be
   * repeated. `optional`: a value only after `=`; without one it is `''`.
   */
  readonly type: 'flag' | 'text' | 'number' | 'list' | 'optional';
  readonly describe: string;
  /** A single letter. */
  readonly alias?: string;
  /** What the value is called in the help, such as `DIR`. */
  readonly value?: string;
  readonly choices?: readonly string[];
  /** Heading in the help. */
  readonly group?: string;
  /** Left out of help and completion. */
  readonly hidden?: boolean;
}

export type Options = Readonly<Record<string, Option>>;

type ValueOf<O extends Option> = O['choices'] extends readonly (infer C)[]
  ? C
  : { flag: boolean; text: Bytes; number: number; list: readonly Bytes[]; optional: Bytes }[O['type']];

/** What a command is given: undefined for every option that was not there. */
export type Values<O extends Options> = { readonly [K in keyof O]: ValueOf<O[K]> | undefined };
