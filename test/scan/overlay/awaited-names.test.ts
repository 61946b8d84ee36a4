import { describe, expect, test } from '@jest/globals';
import { AwaitedNames } from '../../../src/scan/overlay/awaited-names.js';
import { type EntryNames, noNames } from '../../../src/scan/overlay/entry-names.js';
import { ascii } from '../../../src/sys/bytes.js';

type Links = Readonly<Record<string, number | undefined>>;

/** Entries of which nothing was met, and whom the file system was asked about. */
function scene(links: Links) {
  const byKey = new Map(Object.keys(links).map((key) => [key, noNames(key, undefined)]));
  const asked: string[] = [];
  const awaited = new AwaitedNames(byKey, (key) => {
    asked.push(key);
    return links[key];
  });
  const meet = (key: string, times = 1, nlink = links[key]): void => {
    const found = byKey.get(key) as EntryNames;
    found.lowerNlink = nlink;
    const lower = { branch: 1, path: ascii('x') };
    found.covered = [...found.covered, ...Array.from({ length: times }, () => lower)];
    awaited.note(found);
  };
  return { awaited, asked, meet };
}

describe('names that a walk waits for', () => {
  test('are all there when every link was met, and nobody was asked', () => {
    const { awaited, asked, meet } = scene({ a: 2, b: 1 });
    meet('a');
    expect(awaited.all()).toBe(false);
    meet('b');
    expect(awaited.all()).toBe(false);
    meet('a');
    expect(awaited.all()).toBe(true);
    expect(asked).toEqual([]);
  });

  test('are waited for of a file that seems to be gone, but nobody is asked where they may be', () => {
    const { awaited, meet } = scene({ gone: 0, b: 2 });
    meet('b');
    expect(awaited.wanting()).toEqual(['b']);
    meet('b');
    expect(awaited.all()).toBe(false);
    expect(awaited.wanting()).toEqual([]);
  });

  test.each([3, undefined])('are wanting of a file with %s links that was not met', (links) => {
    const { awaited, meet } = scene({ elsewhere: links, b: 1 });
    meet('b');
    expect(awaited.all()).toBe(false);
    expect(awaited.wanting()).toEqual(links === undefined ? [] : ['elsewhere']);
    if (links === undefined) return;
    meet('elsewhere', 2);
    expect(awaited.all()).toBe(false);
    meet('elsewhere');
    expect(awaited.all()).toBe(true);
  });

  test('are not all to be met where a file is gone, and that is asked of none that was met', () => {
    const { awaited, asked, meet } = scene({ a: 2, b: undefined, gone: 0 });
    expect(awaited.hopeless).toBe(true);
    const other = scene({ a: 2, b: undefined });
    other.meet('a');
    expect(other.awaited.hopeless).toBe(false);
    expect(other.asked).toEqual(['b']);
    meet('a');
    expect(asked).toEqual(['a', 'b', 'gone']);
  });

  test('are waited for of others where a file that was complete gets one more meanwhile', () => {
    const { awaited, meet } = scene({ a: 1, b: 2 });
    meet('a');
    meet('a', 1, 2);
    meet('b');
    expect(awaited.all()).toBe(false);
    meet('b');
    expect(awaited.all()).toBe(true);
  });

  test('count what another thread met at once', () => {
    const { awaited, meet } = scene({ a: 3 });
    meet('a', 2);
    expect(awaited.all()).toBe(false);
    meet('a', 5);
    expect(awaited.all()).toBe(true);
  });
});
