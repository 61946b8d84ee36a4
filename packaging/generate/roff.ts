/** Text for man(7): nothing in it can be taken for a request, and hyphens stay what they are when copied. */
export function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replaceAll('…', '...')
    .replace(/^\./gm, '\\&.');
}

/** Words in bold. */
export function bold(text: string): string {
  return `\\fB${roff(text)}\\fR`;
}

/** What stands for a value. */
export function italic(text: string): string {
  return `\\fI${roff(text)}\\fR`;
}

/** A tagged paragraph. */
export function tagged(tag: string, text: string): string {
  return `.TP\n${tag}\n${text}\n`;
}
