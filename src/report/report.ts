import type { JsonObject } from '../words/json.js';
import type { Failure } from './failure.js';
import type { Level } from './notice.js';
import type { Style } from './style.js';
import type { Subject } from './subject.js';

/** A line of a text report and how much it matters (journal priority; `--quiet` drops `info`). */
export interface Line {
  readonly text: string;
  readonly level: Level;
  /** The very answer that was asked for: `--quiet` leaves it. */
  readonly answer?: true;
  /** It says which union the lines after it are of. */
  readonly ofUnion?: true;
}

/** For whom a text report is written. */
export interface Page {
  readonly style: Style;
  readonly verbosity: 'quiet' | 'normal' | 'verbose';
}

/** What a command hands back; it is printed once, as text or as JSON. */
export interface Report {
  readonly exitCode: number;
  /** What was looked at, for other forms of a report on it; commands that change something have none. */
  readonly subjects?: readonly Subject[] | undefined;
  /** Why another form of it could not be written. */
  readonly lost?: Failure | undefined;
  text(page: Page): readonly Line[];
  /** The fields behind `schema` and `command`, before `exitCode`. */
  json(): JsonObject;
}
