import { expect, test } from '@jest/globals';
import type { RawPlink } from '../../../src/scan/aufs/aufs-index.js';
import { classifyPlink } from '../../../src/scan/aufs/aufs-states.js';
import type { LowerNames } from '../../../src/scan/aufs/lower-plink-names.js';
import type { Namesake } from '../../../src/scan/aufs/namesake.js';
import { ascii } from '../../../src/sys/bytes.js';
import { S_IFREG, type Stat } from '../../../src/sys/stat.js';

const stat = { dev: 1n, ino: 15n, mode: S_IFREG | 0o644, nlink: 2 } as Stat;
const plink: RawPlink = {
  branch: 0,
  name: ascii('11.15'),
  stat,
  plink: { unionInode: 11n, branchInode: 15n },
};
const origin: Namesake = { branch: 1, path: ascii('A'), dev: 2n, ino: 13n, stat: { ...stat, ino: 13n } };

function stateWith(lower: Partial<LowerNames>): string {
  return classifyPlink(plink, {
    upper: [{ path: ascii('renamed'), namesake: undefined }],
    proof: { origin },
    clues: [],
    lower: { visible: [], seen: 0, nlink: 0, tooLong: undefined, ...lower },
    unreadable: [{ path: ascii('hidden'), branch: 1, code: 'EIO' }],
    rival: undefined,
  }).state;
}

// A record may prove the lower file while all of its names are behind what cannot be read.
test.each([
  ['none was met of', { seen: 0, nlink: 0 }, 'ambiguous'],
  ['some were met of', { seen: 1, nlink: 2 }, 'ambiguous'],
  ['all were met of', { seen: 2, nlink: 2 }, 'complete'],
])('an entry beside an unreadable directory, where %s the names of its lower file', (_, lower, state) => {
  expect(stateWith(lower)).toBe(state);
});

test.each([
  ['its own', 0, 'cannot look into /hidden, which may hold a name of it (EIO)'],
  ['another', 1, 'no name was met'],
])('the only name of an entry may be in an unreadable directory of %s branch', (_, branch, reason) => {
  const entry = classifyPlink(plink, {
    upper: [],
    proof: { origin: undefined, reason: 'no name was met', evidence: [] },
    clues: [],
    lower: undefined,
    unreadable: [
      { path: ascii('elsewhere'), branch: 2, code: 'EIO' },
      { path: ascii('hidden'), branch, code: 'EIO' },
    ],
    rival: undefined,
  });
  expect([entry.state, entry.reason]).toEqual(['ambiguous', reason]);
});
