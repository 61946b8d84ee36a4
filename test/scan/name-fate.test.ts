import { mkdirSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { nameFate } from '../../src/scan/name-fate.js';
import { openLayers } from '../../src/scan/open-layers.js';
import type { Bytes } from '../../src/sys/bytes.js';
import { S_IFCHR } from '../../src/sys/stat.js';
import { aufsRules } from '../../src/union/aufs-rules.js';
import { overlayRules } from '../../src/union/overlay-rules.js';
import { AufsScene, disposeScenes } from '../support/aufs-scene.js';
import { describeKernel } from '../support/needs.js';

disposeScenes();

describeKernel('a character device 0:0', ['root'], () => {
  test('is a whiteout to overlayfs, and to aufs a device as any other', () => {
    const scene = new AufsScene();
    mkdirSync(scene.upper.at('d' as Bytes));
    scene.file(scene.lower, ['d/A', 'd/B'], 'as the lower has it\n');
    scene.upper.mknod('d/A' as Bytes, S_IFCHR | 0o600, 0n);
    const layers = openLayers(scene.union);
    try {
      const { roots } = layers;
      const overlay = overlayRules({
        prefix: 'trusted.overlay.',
        roots,
      } as unknown as Parameters<typeof overlayRules>[0]);
      const fates = [aufsRules, overlay].map((rules) => nameFate(roots, rules, 'd/A' as Bytes));
      expect(fates).toEqual([
        { is: 'visible', at: { branch: 0, path: 'd/A' }, stat: expect.objectContaining({ rdev: 0n }) },
        { is: 'hidden' },
      ]);
      expect(nameFate(roots, aufsRules, 'd/B' as Bytes)).toMatchObject({
        is: 'visible',
        at: { branch: 1, path: 'd/B' },
      });
    } finally {
      layers.close();
    }
  });
});
