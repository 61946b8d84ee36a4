import type { JsonObject } from '../words/json.js';

// What JSON.stringify leaves as it is though a terminal may obey it (C1 controls) or people misread it.
const unsafe = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A document as it is printed: the same JSON, with nothing in it that could reach a terminal as a command. */
export function jsonText(document: JsonObject): string {
  return `${JSON.stringify(document, null, 2).replace(unsafe, escapeUnits)}\n`;
}

function escapeUnits(character: string): string {
  return [...Array(character.length).keys()]
    .map((i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`)
    .join('');
}
