/** One element of a page, as far as a test asks. */
export interface Tag {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

const token =
  /<!doctype html>|<(style|title)>([^<]*)<\/\1>|<(\/?)([a-z][a-z0-9]*)((?: [a-z-]+="[^"<]*")*)(\/?)>|&(?:amp|lt|gt|quot|#39);|[^<>&]/gsy;

/**
 * Every element of an HTML page that is well-formed XML too.
 *
 * @throws Error where it is not: a stray `<`, `>`, `&`, an attribute without quotes, a tag out of order
 */
export function markupTags(page: string): Tag[] {
  const tags: Tag[] = [];
  const open: string[] = [];
  token.lastIndex = 0;
  let at = 0;
  for (let found = token.exec(page); found !== null; found = token.exec(page)) {
    at = token.lastIndex;
    const [, raw, , closing, name, attributes = '', empty] = found;
    if (raw !== undefined) tags.push({ name: raw, attributes: new Map() });
    if (name === undefined) continue;
    if (closing === '/') {
      const last = open.pop();
      if (last !== name) throw new Error(`</${name}> closes <${last}>`);
      continue;
    }
    const pairs = [...attributes.matchAll(/ ([a-z-]+)="([^"]*)"/g)];
    tags.push({ name, attributes: new Map(pairs.map(([, key = '', value = '']) => [key, value])) });
    if (empty !== '/') open.push(name);
  }
  if (at !== page.length) throw new Error(`not markup: ${page.slice(at, at + 80)}`);
  if (open.length > 0) throw new Error(`not closed: ${open.join(' ')}`);
  return tags;
}
