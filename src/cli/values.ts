import { Problem } from '../problem.js';
import type { Bytes } from '../sys/bytes.js';
import { nearest } from './nearest.js';
import type { Option, Options, Values } from './option.js';
import type { RawValue } from './parsed-line.js';

/**
 * Checks what a parser found against the table and gives each value its type.
 *
 * @throws Problem `usage`
 */
export function toValues(options: Options, raw: ReadonlyMap<string, RawValue>): Values<Options> {
  const values: Record<string, boolean | number | Bytes | readonly Bytes[]> = {};
  for (const [name, value] of raw) {
    const option = options[name];
    if (option !== undefined) values[name] = toValue(name, option, value);
  }
  return values;
}

function toValue(name: string, option: Option, value: RawValue): boolean | number | Bytes | readonly Bytes[] {
  if (option.type === 'flag') {
    if (typeof value === 'boolean') return value;
    throw usage(`--${name} takes no value`);
  }
  if (typeof value === 'boolean') throw usage(`--${name} cannot be negated`);
  if (option.type === 'list') {
    const list: readonly Bytes[] = typeof value === 'string' ? [value] : value;
    if (list.includes('' as Bytes)) throw usage(`--${name} needs a value`);
    return list;
  }
  if (typeof value !== 'string') throw usage(`--${name} is given more than once`);
  if (value === '' && option.type !== 'optional') throw usage(`--${name} needs a value`);
  if (option.choices !== undefined && !option.choices.includes(value)) {
    throw notAChoice(name, value, option.choices);
  }
  return option.type === 'number' ? seconds(name, value) : value;
}

/** What is said of a value that is none of the choices, with the one that was probably meant. */
export function notAChoice(name: string, value: string, choices: readonly string[]): Problem {
  const near = nearest(value, choices);
  const hint = near === undefined ? undefined : `did you mean ${near}?`;
  return new Problem('usage', 'bad-option', `--${name} takes one of ${choices.join(', ')}, not ${value}`, {
    hint,
  });
}

/** A number of seconds or the like: not negative, perhaps with a fraction. */
export function seconds(name: string, value: string): number {
  if (!/^\d+(\.\d+)?$/.test(value)) throw usage(`--${name} takes a number of seconds, not ${value}`);
  return Number(value);
}

function usage(message: string): Problem {
  return new Problem('usage', 'bad-option', message);
}
