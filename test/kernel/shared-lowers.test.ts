import { linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Bytes } from '../../src/sys/bytes.js';
import { directoriesRead } from '../support/directories-read.js';
import { kernelRoot } from '../support/kernel-root.js';
import { append, describeIncidents } from '../support/overlay-incident.js';
import { type OverlayPlace, overlayPlace, whileMounted } from '../support/overlay-place.js';
import { runMain } from '../support/run-main.js';

const UNIONS = 40;
const DIRECTORIES = 300;

describeIncidents('lowers that many unions share', ['ext4'], (directory) => {
  function shared(root: string): { lower: string; places: OverlayPlace[]; config: string } {
    const lower = join(root, 'lower');
    for (let i = 0; i < DIRECTORIES; i += 1) mkdirSync(join(lower, `d${i % 10}/e${i}`), { recursive: true });
    for (let g = 0; g < UNIONS; g += 1) {
      writeFileSync(join(lower, `f${g}`), 'old\n');
      for (const i of [g, g + 100, g + 200])
        linkSync(join(lower, `f${g}`), join(lower, `d${i % 10}/e${i}/g${g}`));
    }
    const places = Array.from({ length: UNIONS }, (_, g) => {
      const place = overlayPlace(join(root, `union${g}`), [lower]);
      whileMounted(place, ['index=on'], (view) => {
        append(view, `f${g}`);
        // What a union hides must not make it look everywhere again.
        if (g % 4 === 0) rmSync(view.at(`d${g % 10}/e${g}` as Bytes), { recursive: true });
      });
      return place;
    });
    const config = join(root, 'plinkctl.conf');
    const unions = places.map(
      ({ upper, work }) => `  - {upper: ${upper}, lowers: [${lower}], work: ${work}}\n`,
    );
    writeFileSync(config, `unions:\n${unions.join('')}`);
    return { lower, places, config };
  }

  test.each([
    ['list', '--no-device'],
    ['check', '--no-device'],
    ['list', '--device'],
    ['check', '--device'],
  ])('%s of all %s lists the lower once', async (command, device) => {
    const { lower, config } = shared(directory());
    const kernel = join(directory(), 'kernel');
    mkdirSync(kernel);
    const words = [
      command,
      device,
      '--all',
      '--json',
      '--config',
      config,
      `--kernel-root=${kernelRoot(kernel, {})}`,
    ];
    const [{ code, out }, read] = await directoriesRead(lower, () => runMain(...words));
    expect(code).toBe(0);
    const { targets } = JSON.parse(out) as { targets: { entries: { state: string; missing: string[] }[] }[] };
    const missing = targets.map(({ entries }) =>
      entries.filter(({ state }) => state === 'restorable').map((entry) => entry.missing.length),
    );
    expect(missing).toEqual(Array.from({ length: UNIONS }, (_, g) => [g % 4 === 0 ? 2 : 3]));
    // Once all of it, if not from the device, and for each union the root, the three directories with its names and those above them; a
    // check looks at those of the upper three times.
    const listed = device === '--device' ? 0 : DIRECTORIES + 10 + 1;
    expect(read).toBeGreaterThan(listed);
    expect(read).toBeLessThan(listed + UNIONS * (command === 'list' ? 10 : 20));
  });
});
