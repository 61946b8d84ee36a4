/**
 * A list and one item more; a list of three or more is that list itself. What is kept of a hundred thousand entries is
 * mostly a list of one or two, and an array that is pushed to has room for 17 from the first item on.
 */
export function withOne<T>(list: readonly T[], item: T): readonly T[] {
  const [first, second] = list;
  switch (list.length) {
    case 0:
      return [item];
    case 1:
      return [first as T, item];
    case 2:
      return [first as T, second as T, item];
    default:
      (list as T[]).push(item);
      return list;
  }
}
