import { expect, test } from '@jest/globals';
import { type AufsTally, aufsTrial } from '../seeds/aufs-trial.js';
import { pinnedSeeds } from '../seeds/pinned-seeds.js';

const CHUNK = 25;
const seeds = pinnedSeeds(300);
const tally: AufsTally = { restored: 0, flushed: 0, kept: 0 };

const chunks = Array.from({ length: Math.ceil(seeds.length / CHUNK) }, (_, i) =>
  seeds.slice(i * CHUNK, (i + 1) * CHUNK),
);
test.each(chunks.map((chunk) => ({ first: chunk[0], chunk })))(
  'random sessions from seed $first: no name ever gets a file that is not its own',
  async ({ chunk }) => {
    for (const seed of chunk) await aufsTrial(seed, tally);
  },
);

test('the sessions asked for every kind of answer', () => {
  const count = seeds.length;
  if (count < 300) return;
  expect(tally.restored).toBeGreaterThan(count / 2);
  expect(tally.flushed).toBeGreaterThan(count / 2);
  expect(tally.kept).toBeGreaterThan(count / 5);
});
