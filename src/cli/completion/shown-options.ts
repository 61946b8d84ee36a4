import type { Option, Options } from '../option.js';

/** Those options that help, manual and completions tell of. */
export function shownOptions(options: Options): (readonly [string, Option])[] {
  return Object.entries(options).filter(([, { hidden }]) => hidden !== true);
}
