import { LowerGroups } from '../scan/hints/lower-groups.js';
import type { Bytes } from '../sys/bytes.js';
import { sha256 } from '../sys/sha256.js';

const TITLE = 'plinkctl hardlink groups 1';

/** The text of a layer's groups: a line with the checksum of the rest, then JSON. */
export function groupsText(lower: string, { directories, places }: LowerGroups): string {
  const groups = [...places].map(([inode, positions]) => [String(inode), ...positions]);
  const body = `${JSON.stringify({ lower, directories, groups })}\n`;
  return `${TITLE} ${sha256(body)}\n${body}`;
}

/**
 * Reads such a text.
 *
 * @param lower - what the layer looks like now
 * @returns undefined where it is cut short, changed, of another version, or of a layer that looks otherwise
 */
export function parseGroups(text: string, lower: string): LowerGroups | undefined {
  const end = text.indexOf('\n') + 1;
  const body = text.slice(end);
  if (text.slice(0, end) !== `${TITLE} ${sha256(body)}\n`) return undefined;
  try {
    const { lower: was, directories, groups } = JSON.parse(body) as Record<string, unknown>;
    if (was !== lower || !isListOf(directories, isBytes) || !isListOf(groups, isGroup)) return undefined;
    const places = groups.map(([inode, ...positions]) => [BigInt(inode), positions] as const);
    return new LowerGroups(directories, new Map(places));
  } catch {
    return undefined;
  }
}

function isListOf<T>(value: unknown, isOne: (each: unknown) => each is T): value is T[] {
  return Array.isArray(value) && value.every(isOne);
}

function isBytes(value: unknown): value is Bytes {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: any byte but NUL may stand in a path.
  return typeof value === 'string' && /^[\x01-\xff]*$/.test(value);
}

function isGroup(value: unknown): value is [string, ...number[]] {
  if (!Array.isArray(value)) return false;
  const [inode, ...positions] = value as unknown[];
  return typeof inode === 'string' && /^\d{1,20}$/.test(inode) && positions.every(Number.isSafeInteger);
}
