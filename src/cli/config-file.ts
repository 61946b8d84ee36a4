import { readdirSync } from 'node:fs';
import { Problem } from '../problem.js';
import { readInput } from '../read-input.js';
import { type Bytes, bytesOf, joinBytes, toBuffer } from '../sys/bytes.js';
import { meaningOf } from '../sys/sys-error.js';
import { parseConfigLines } from './config-lines.js';
import { type ConfiguredUnion, parseConfigYaml } from './config-yaml.js';

/** Where the configuration is unless `--config` says otherwise. */
export const DEFAULT_CONFIG = '/etc/plinkctl.conf' as Bytes;

/** Parts of it that packages and administrators add. */
export const CONFIG_PARTS = '/etc/plinkctl.conf.d' as Bytes;

/**
 * The unions of a configuration: YAML, or in the short form one a line in the words of the command line.
 *
 * @throws Problem `usage` naming the line that cannot be read
 */
export async function parseConfig(file: Bytes, path: Bytes): Promise<ConfiguredUnion[]> {
  // The byte order mark of an editor that writes one.
  const text = file.replace(/^\xef\xbb\xbf/, '') as Bytes;
  if (isYaml(text, path)) return parseConfigYaml(text, path);
  return parseConfigLines(text, path).map((words) => ({ words, policy: {} }));
}

// No line of the short form begins with a word and a colon: it has a path or an option there.
function isYaml(text: Bytes, path: Bytes): boolean {
  const first = text.split('\n').find((line) => !/^\s*(#|$)/.test(line)) ?? '';
  return /\.ya?ml$/.test(path) || /^(---|%YAML|\{|["']?[a-z-]+["']?\s*:(\s|$))/.test(first);
}

/**
 * Reads the configuration: the file that `--config` names and nothing else, or the default one and its parts; none
 * of these need exist.
 *
 * @param given - value of `--config`
 * @throws Problem `usage` where what it names is no file, or the line that cannot be read
 */
export async function readConfig(given: Bytes | undefined, kernelRoot: Bytes): Promise<ConfiguredUnion[]> {
  if (given !== undefined) return parseConfig(readGiven(given), given);
  const files = [
    `${kernelRoot}${DEFAULT_CONFIG}` as Bytes,
    ...parts(`${kernelRoot}${CONFIG_PARTS}` as Bytes),
  ];
  const found: ConfiguredUnion[] = [];
  for (const path of files) {
    const text = ifThere(() => readInput(path));
    if (text !== undefined) found.push(...(await parseConfig(text, path)));
  }
  return found;
}

function readGiven(path: Bytes): Bytes {
  try {
    return readInput(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // The command line is wrong, and not the machine.
    if (code === undefined || !['ENOENT', 'ENOTDIR', 'EISDIR'].includes(code)) throw error;
    throw new Problem('usage', code, meaningOf(code), { path, cause: error });
  }
}

function parts(directory: Bytes): Bytes[] {
  const names = ifThere(() => readdirSync(toBuffer(directory), 'buffer')) ?? [];
  return names
    .map(bytesOf)
    .filter((name) => /^[^.].*\.ya?ml$/s.test(name))
    .sort()
    .map((name) => joinBytes(directory, name));
}

function ifThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
