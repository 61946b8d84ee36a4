import { type Bytes, toBuffer } from '../sys/bytes.js';
import type { Json } from './json.js';
import { textOf } from './shown.js';

/** A path for JSON: a string where it is UTF-8, `{ "b64": … }` otherwise, so that no byte is lost. */
export function pathJson(path: Bytes): Json {
  return textOf(path) ?? { b64: toBuffer(path).toString('base64') };
}
