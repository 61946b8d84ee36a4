import type { ProcessIdentity } from './process-identity.js';
import type { RuntimeDirectory } from './runtime-directory.js';

/**
 * Who holds a maintenance mode. For messages, and to know the holder's children; whether the mode is held at all,
 * the flock alone decides.
 */
export interface OwnerRecord extends ProcessIdentity {
  /** Different for every maintenance, also for two of the same process. */
  readonly nonce: string;
  /** The subcommand, such as `flush`. */
  readonly command: string;
  readonly argv: readonly string[];
  /** When it began, ISO 8601, UTC. */
  readonly since: string;
  /** The locked directories, for people. */
  readonly targets: readonly string[];
  /** Whether programs that it started may operate on the union. */
  readonly admitsChildren: boolean;
}

/** Reads the record of that path; undefined where there is none, or not one of these. */
export function readOwnerRecord({ fs }: RuntimeDirectory, path: string): OwnerRecord | undefined {
  let text: string;
  try {
    text = fs.readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const record: unknown = JSON.parse(text);
    return isOwnerRecord(record) ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Puts a record in place at one stroke. Only who holds the flock may call it. */
export function writeOwnerRecord({ fs }: RuntimeDirectory, path: string, record: OwnerRecord): void {
  const aside = `${path}.new`;
  // Of a run that was killed here; with `wx` nothing that somebody put there is written through.
  fs.removeSync(aside);
  fs.writeFileSync(aside, `${JSON.stringify(record, undefined, 2)}\n`, { flag: 'wx', mode: 0o600 });
  fs.renameSync(aside, path);
}

const texts = ['startTime', 'bootId', 'pidNamespace', 'nonce', 'command', 'since'] as const;
const lists = ['argv', 'targets'] as const;

function isOwnerRecord(value: unknown): value is OwnerRecord {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Readonly<Record<string, unknown>>;
  return (
    Number.isInteger(record.pid) &&
    typeof record.admitsChildren === 'boolean' &&
    texts.every((key) => typeof record[key] === 'string') &&
    lists.every((key) => Array.isArray(record[key]) && record[key].every((item) => typeof item === 'string'))
  );
}
