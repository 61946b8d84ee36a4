import { spawnSync } from 'node:child_process';
import { appendFileSync, linkSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';
import { ascii } from '../../src/sys/bytes.js';
import { type LoopImage, makeLoopImage } from '../support/loop-image.js';
import { describeKernel } from '../support/needs.js';
import { overlayPlace, whileMounted } from '../support/overlay-place.js';

const project = fileURLToPath(new URL('../..', import.meta.url));

describeKernel('the library', ['root', 'loop', 'overlay', 'ext4'], () => {
  let image: LoopImage | undefined;
  afterAll(() => image?.dispose());

  test('the example flushes an overlay through the published interface', () => {
    image = makeLoopImage('ext4');
    const place = overlayPlace(image.mountpoint);
    const [lower = ''] = place.lowers;
    writeFileSync(join(lower, 'a'), 'old\n');
    linkSync(join(lower, 'a'), join(lower, 'b'));
    whileMounted(place, ['index=on'], (view) => appendFileSync(view.at(ascii('a')), 'new\n'));
    const example = join(project, 'examples/flush-an-image.mjs');
    const run = spawnSync(process.execPath, [example, place.upper, place.work, lower], { encoding: 'utf8' });
    expect({ status: run.status, out: run.stdout, err: run.stderr }).toEqual({
      status: 0,
      out: '1 names put back, 1 entries removed\n',
      err: '',
    });
    expect(readFileSync(join(place.upper, 'b'), 'utf8')).toBe('old\nnew\n');
    expect(statSync(join(place.upper, 'a')).ino).toBe(statSync(join(place.upper, 'b')).ino);
    expect(readdirSync(join(place.work, 'index'))).toEqual([]);
  });
});
