import { expect, test } from '@jest/globals';
import { ProgressLine } from '../../src/report/progress-line.js';

function line(): { readonly line: ProgressLine; after(milliseconds: number): void } {
  let time = 5000;
  return {
    line: new ProgressLine(() => time),
    after: (milliseconds) => {
      time += milliseconds;
    },
  };
}

test('a walk: how far, how fast, how long at most', () => {
  const { line: progress, after } = line();
  expect(progress.looking({ directories: 1, names: 0 }, 1_000_000)).toBe('looking: 1 directory, 0 names');
  after(500);
  expect(progress.looking({ directories: 10, names: 50_000 }, 1_000_000)).toBe(
    'looking: 10 directories, 50,000 names',
  );
  after(500);
  expect(progress.looking({ directories: 20, names: 100_000 }, 1_000_000)).toBe(
    'looking: 20 directories, 100,000 names, 100,000/s, at most 9 s left',
  );
  after(1000);
  expect(progress.looking({ directories: 20, names: 200_000 }, undefined)).toBe(
    'looking: 20 directories, 200,000 names, 100,000/s',
  );
  expect(progress.looking({ directories: 20, names: 1_100_000 }, 1_000_000)).not.toContain('left');
});

test('a count that falls begins anew', () => {
  const { line: progress, after } = line();
  progress.looking({ directories: 9, names: 1000 }, undefined);
  after(2000);
  expect(progress.looking({ directories: 1, names: 10 }, undefined)).toBe('looking: 1 directory, 10 names');
});

test('repairs: how many of them, how fast, how long', () => {
  const { line: progress, after } = line();
  expect(progress.repairing({ repairs: 0, total: 4000 })).toBe('repairing: 0 of 4,000');
  after(2000);
  expect(progress.repairing({ repairs: 200, total: 4000 })).toBe('repairing: 200 of 4,000, 100/s, 38 s left');
});

test('links: how many of them, how fast, how long', () => {
  const { line: progress, after } = line();
  expect(progress.linking({ links: 0, total: 50_000 })).toBe('linking: 0 names of 50,000');
  after(2000);
  expect(progress.linking({ links: 200, total: 50_000 })).toBe(
    'linking: 200 names of 50,000, 100/s, 9 min left',
  );
  after(2000);
  expect(progress.linking({ links: 201, total: 500_000 })).toContain(', 3 h left');
  expect(progress.linking({ links: 500_000, total: 500_000 })).not.toContain('left');
});
