import type { Bytes } from '../sys/bytes.js';
import type { JsonObject } from '../words/json.js';
import { pathJson } from '../words/path-json.js';
import { sentence, shown } from '../words/shown.js';

/** An error as a person and a program are told of it. */
export interface Failure {
  readonly exitCode: number;
  /** Stable: kebab-case, or an errno name. */
  readonly code: string;
  readonly message: string;
  readonly path?: Bytes | undefined;
  /** In a run over several: which one it was, by its mount point or upper. */
  readonly union?: Bytes | undefined;
  readonly syscall?: string | undefined;
  readonly hint?: string | undefined;
  /** Only for a fault of the program itself. */
  readonly stack?: string | undefined;
}

/** One line that says what is wrong and where, and one that says what to do. */
export function failureText({ message, path, union, syscall, hint, stack }: Failure): string {
  const places = [...new Set([union, path])].filter((place) => place !== undefined && place !== '');
  const where = places.map((place) => `${shown(place as Bytes)}: `).join('');
  const what = `${where}${sentence(message)}${syscall === undefined ? '' : ` (${syscall})`}`;
  return [
    what,
    ...(hint === undefined ? [] : [sentence(hint)]),
    ...(stack === undefined ? [] : stack.split('\n')),
  ].join('\n');
}

/** The `error` field of the JSON document. */
export function failureJson({ code, message, path, union, syscall, hint }: Failure): JsonObject {
  return {
    code,
    message: sentence(message),
    path: path === undefined || path === '' ? null : pathJson(path),
    ...(union === undefined ? {} : { union: pathJson(union) }),
    syscall: syscall ?? null,
    hint: hint === undefined ? null : sentence(hint),
  };
}
