import { expect, test } from '@jest/globals';
import { observeAufs } from '../../src/record/observe-unmounted.js';
import { openLayers } from '../../src/scan/open-layers.js';
import type { IndexEntry } from '../../src/scan/result.js';
import { scan } from '../../src/scan/scan.js';
import { AufsScene, disposeScenes } from '../support/aufs-scene.js';

disposeScenes();

const TEXT = 'as the lower has it\n';

test('a file with the number of an entry’s lower file, on another device, is not written down as that', async () => {
  const scene = new AufsScene();
  scene.file(scene.lower, ['A', 'B'], TEXT);
  scene.file(scene.upper, ['A'], `${TEXT}and more\n`);
  scene.plink('A');
  const [entry] = (await scan(scene.union)).entries as [IndexEntry];
  const layers = openLayers(scene.union);
  try {
    const seen = observeAufs(layers.all, entry);
    expect(seen).toMatchObject({ sees: 'names', names: ['A', 'B'], origin: { paths: ['A', 'B'] } });
    const { aufs } = entry;
    if (aufs?.origin === undefined) throw new Error('it has no origin');
    const elsewhere = { ...aufs, origin: { ...aufs.origin, dev: aufs.origin.dev + 1n } };
    expect(observeAufs(layers.all, { ...entry, aufs: elsewhere })).toEqual({
      sees: 'nothing',
      reason: 'restorable',
    });
  } finally {
    layers.close();
  }
});
