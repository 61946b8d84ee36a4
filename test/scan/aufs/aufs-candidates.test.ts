import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Candidates } from '../../../src/scan/aufs/aufs-candidates.js';
import type { RawPlink } from '../../../src/scan/aufs/aufs-index.js';
import { weigh } from '../../../src/scan/aufs/aufs-proof.js';
import type { Namesake } from '../../../src/scan/aufs/namesake.js';
import { scan } from '../../../src/scan/scan.js';
import type { Bytes } from '../../../src/sys/bytes.js';
import { openDirectory, withFd } from '../../../src/sys/open.js';
import { interpose } from '../../../src/sys/seam.js';
import { stat } from '../../../src/sys/stat.js';
import { AufsScene, disposeScenes } from '../../support/aufs-scene.js';
import { runGoal } from '../../support/restore-union.js';

disposeScenes();
afterEach(() => interpose(undefined));

const SIZE = 1024;
const text = (): string => randomBytes(SIZE / 2).toString('hex');

/** Groups of two names whose files were all written anew, with as many bytes. */
function writtenAnew(groups: number): AufsScene {
  const scene = new AufsScene();
  for (let i = 0; i < groups; i += 1) {
    scene.file(scene.lower, [`d/f${i}`, `d/g${i}`], text());
    scene.file(scene.upper, [`d/f${i}`], text());
    scene.plink(`d/f${i}`, 11 + i);
  }
  return scene;
}

test('files of one size are not each read for each entry', async () => {
  const groups = 60;
  const scene = writtenAnew(groups);
  let reads = 0;
  interpose(({ name }, proceed) => {
    if (name === 'pread') reads += 1;
    return proceed();
  });
  const { found, outcome } = await runGoal(scene.union, 'flush');
  interpose(undefined);
  expect(found.entries.map(({ state, missing }) => [state, missing.map(({ path }) => path)])).toEqual(
    found.entries.map(({ names: [name] }) => ['restorable', [name?.replace('f', 'g')]]),
  );
  expect([outcome.linksRestored, outcome.entriesRemoved, outcome.entriesKept]).toEqual([groups, groups, 0]);
  // 14,000 and more where each is compared with each.
  expect(reads).toBeLessThan(10 * groups);
});

describe('files that an entry may be like', () => {
  const scene = (): AufsScene => {
    const made = new AufsScene();
    made.file(made.upper, ['entry'], 'a start of its own, and what was changed behind it');
    for (const name of ['a', 'b', 'c'])
      made.file(made.lower, [name, `${name}2`], `a start of its own, and ${name.repeat(20)}`);
    made.plink('entry');
    return made;
  };

  function compared(most: number | undefined): {
    readonly found: number;
    readonly reason: string | undefined;
  } {
    const { upper, lower } = scene();
    const at = (fd: number, name: string) => ({
      dirfd: fd,
      name: name as Bytes,
      stat: stat(fd, name as Bytes),
    });
    return withFd(openDirectory(upper.bytes('' as Bytes)), (u) =>
      withFd(openDirectory(lower.bytes('' as Bytes)), (l) => {
        const namesake = (name: string): Namesake => {
          const s = stat(l, name as Bytes);
          return { branch: 1, path: name as Bytes, dev: s.dev, ino: s.ino, stat: s };
        };
        const entry = at(u, 'entry');
        const plink = { branch: 0, name: entry.name, stat: entry.stat, plink: undefined } as RawPlink;
        const own = { degree: 'alike', share: 0.9, twin: false, sameRights: true } as const;
        const origin = namesake('a');
        const candidates = new Candidates(most);
        candidates.add(plink, entry, true, { origin, own, firm: false });
        for (const name of ['a', 'b', 'c']) candidates.consider(namesake(name), at(l, name));
        const proof = weigh(plink, origin, {
          own,
          covering: 1,
          others: candidates.of(plink),
          removed: [],
          unread: candidates.unreadOf(plink),
          blind: candidates.blindOf(plink),
          beyond: candidates.beyondOf(plink),
          unseen: undefined,
          unseenRemoved: undefined,
        });
        return {
          found: candidates.of(plink).length,
          reason: proof.origin === undefined ? proof.reason : undefined,
        };
      }),
    );
  }

  test('all are compared where they are few', () => {
    expect(compared(undefined)).toEqual({ found: 3, reason: undefined });
  });

  test('one that is not compared, since too many are, keeps the entry', () => {
    expect(compared(1)).toEqual({
      found: 2,
      reason:
        'it has the name of the lower /a, but so many others are like it that not all were compared, such as /c',
    });
  });
});

test('a scan that compares the files of a large directory is stopped in its midst', async () => {
  const files = 3000;
  const scene = writtenAnew(1);
  for (let i = 0; i < files; i += 1) writeFileSync(scene.lower.at(`d/x${i}` as Bytes), 'x');
  let reads = 0;
  interpose(({ name }, proceed) => {
    if (name === 'pread') {
      reads += 1;
      for (const end = performance.now() + 1; performance.now() < end; );
    }
    return proceed();
  });
  const stopped = new AbortController();
  setTimeout(() => stopped.abort(), 100);
  await expect(scan(scene.union, { signal: stopped.signal })).rejects.toMatchObject({ name: 'AbortError' });
  expect(reads).toBeLessThan(files / 2);
});
