import type { Bytes } from '../sys/bytes.js';
import { pathJson } from './path-json.js';
import type { JsonObject } from './report.js';
import { shown } from './shown.js';

/** An error as a person and a program are told of it. */
export interface Failure {
  readonly exitCode: number;
  /** Stable: kebab-case, or an errno name. */
  readonly code: string;
  readonly message: string;
  readonly path?: Bytes | undefined;
  readonly syscall?: string | undefined;
  readonly hint?: string | undefined;
  /** Only for a fault of the program itself. */
  readonly stack?: string | undefined;
}

/** One line that says what is wrong and where, and one that says what to do. */
export function failureText({ message, path, syscall, hint, stack }: Failure): string {
  const where = path === undefined || path === '' ? '' : `${shown(path)}: `;
  const what = `${where}${message}${syscall === undefined ? '' : ` (${syscall})`}`;
  return [
    what,
    ...(hint === undefined ? [] : [hint]),
    ...(stack === undefined ? [] : stack.split('\n')),
  ].join('\n');
}

/** The `error` field of the JSON document. */
export function failureJson({ code, message, path, syscall, hint }: Failure): JsonObject {
  return {
    code,
    message,
    path: path === undefined || path === '' ? null : pathJson(path),
    syscall: syscall ?? null,
    hint: hint ?? null,
  };
}
