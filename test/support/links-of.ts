/** Files that a page in Markdown links. */
export function linksOf(page: string): string[] {
  return [...page.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = '']) => link);
}
