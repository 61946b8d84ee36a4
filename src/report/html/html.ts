/** Text that is markup already; whatever is not is escaped by {@link html}. */
export class Html {
  constructor(readonly markup: string) {}

  toString(): string {
    return this.markup;
  }
}

type Part = Html | string | number | bigint | readonly Html[];

/**
 * A piece of a page, as a tagged template: every interpolated text is escaped, in an element as in a quoted
 * attribute, so that no file name can become markup.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(
    strings.reduce((markup, string, index) => `${markup}${markupOf(parts[index - 1] ?? '')}${string}`),
  );
}

/** Nothing at all. */
export const nothing = new Html('');

function markupOf(part: Part): string {
  if (part instanceof Html) return part.markup;
  if (typeof part === 'object') return part.map(({ markup }) => markup).join('');
  return String(part).replace(/[&<>"']/g, (character) => entities[character] ?? '');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
