/**
 * A page with the text between each `.\" BEGIN NAME` and `.\" END NAME` replaced.
 *
 * @throws Error for a section that has no place in the page, or a place without a section
 */
export function fillPage(page: string, sections: Readonly<Record<string, string>>): string {
  const left = new Set(Object.keys(sections));
  const filled = page.replace(
    /^(\.\\" BEGIN (\S+)\n)[\s\S]*?^(\.\\" END \2)$/gm,
    (_, begin: string, name: string, end: string) => {
      const text = sections[name];
      if (text === undefined) throw new Error(`the page has a place for ${name}, which there is not`);
      left.delete(name);
      return `${begin}${text}${end}`;
    },
  );
  if (left.size > 0) throw new Error(`the page has no place for ${[...left].join(', ')}`);
  return filled;
}
