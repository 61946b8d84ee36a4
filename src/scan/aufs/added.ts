/**
 * A list with one more in it. The first makes the list: an array that is pushed to gets room for 16 more, and of 50,000
 * lists of one that would be most of the memory.
 */
export function added<T>(list: readonly T[], each: T): readonly T[] {
  if (list.length === 0) return [each];
  (list as T[]).push(each);
  return list;
}
