import { Problem } from '../../problem.js';
import { readInput } from '../../read-input.js';
import { type Bytes, bytesFromText } from '../../sys/bytes.js';
import { splitWords } from '../split-words.js';

/** How the helpers of mount(8) and umount(8) behave. */
export interface HelperSettings {
  /** Whether entries that had to be kept, or a flush that failed, make the helper fail. */
  readonly strict: boolean;
  /** What is done to the index. */
  readonly goal: 'flush' | 'restore' | 'nothing';
  /** Seconds to wait for another maintenance to end. */
  readonly wait: number;
  /** Seconds after which a flush stops; 0 for no limit. */
  readonly timeout: number;
}

/** Where the settings are, in lines of KEY=VALUE. The environment's own go before them. */
export const SETTINGS_FILE = '/etc/default/plinkctl';

/** Nobody may have to wait for ever at a shutdown. */
const defaults = { wait: 10, timeout: 300 } as const;

/**
 * Reads the settings: `PLINKCTL_STRICT` (yes, no), `PLINKCTL_ON_UMOUNT` (flush, restore, nothing), `PLINKCTL_WAIT`
 * and `PLINKCTL_TIMEOUT` (seconds).
 *
 * @throws Problem `usage` for a value that means nothing; what reading a file that is there may throw
 */
export function helperSettings(
  env: Readonly<Record<string, string | undefined>>,
  kernelRoot: Bytes,
): HelperSettings {
  const file = readSettings(`${kernelRoot}${SETTINGS_FILE}` as Bytes);
  const text: Text = (key) => {
    const own = env[key];
    return own === undefined
      ? { value: file.get(key), from: bytesFromText(SETTINGS_FILE) }
      : { value: own, from: undefined };
  };
  return {
    strict: choice('PLINKCTL_STRICT', text, ['no', 'yes']) === 'yes',
    goal: choice('PLINKCTL_ON_UMOUNT', text, ['flush', 'restore', 'nothing']),
    wait: number('PLINKCTL_WAIT', text, defaults.wait),
    timeout: number('PLINKCTL_TIMEOUT', text, defaults.timeout),
  };
}

function readSettings(path: Bytes): Map<string, string> {
  const settings = new Map<string, string>();
  let text: Bytes;
  try {
    text = readInput(path);
  } catch (error) {
    // One that is there and cannot be read may ask for anything.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return settings;
  }
  for (const line of text.split('\n')) {
    // A value over several lines is another program's.
    const [word] = splitWords(line as Bytes) ?? [];
    const equals = word?.indexOf('=') ?? -1;
    if (word !== undefined && equals > 0) settings.set(word.slice(0, equals), word.slice(equals + 1));
  }
  return settings;
}

/** A setting as it is written, and the file where it is: none for the environment's own. */
type Text = (key: string) => { readonly value: string | undefined; readonly from: Bytes | undefined };

function choice<T extends string>(key: string, text: Text, choices: readonly [T, ...T[]]): T {
  const { value, from } = text(key);
  if (value === undefined || value === '') return choices[0];
  const found = choices.find((each) => each === value);
  if (found !== undefined) return found;
  throw bad(key, value, `is one of ${choices.join(', ')}`, from);
}

function number(key: string, text: Text, otherwise: number): number {
  const { value, from } = text(key);
  if (value === undefined || value === '') return otherwise;
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value);
  throw bad(key, value, 'is a number of seconds', from);
}

function bad(key: string, value: string, what: string, from: Bytes | undefined): Problem {
  return new Problem('usage', 'bad-setting', `${key} ${what}, not ${JSON.stringify(value)}`, { path: from });
}
