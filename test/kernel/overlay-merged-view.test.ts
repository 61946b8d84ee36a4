import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openLayers } from '../../src/scan/open-layers.js';
import { runWalk } from '../../src/scan/walk/run-walk.js';
import type { WalkVisitor } from '../../src/scan/walk/walk-visitor.js';
import { type Bytes, joinBytes } from '../../src/sys/bytes.js';
import { isNullDevice, stat } from '../../src/sys/stat.js';
import { getXattr } from '../../src/sys/xattr.js';
import { overlayRules } from '../../src/union/overlay-rules.js';
import type { OverlayUnion } from '../../src/union/union.js';
import { type FileSystems, mountFileSystems } from '../support/file-systems.js';
import { describeKernel } from '../support/needs.js';
import { overlayUnion } from '../support/overlay-place.js';
import { viewOf } from '../support/overlay-verifier.js';
import { buildRandomUnion } from '../support/random-union.js';

const DEFAULT_SEEDS = 60;
const { PLINKCTL_SEED, PLINKCTL_SEEDS } = process.env;
const from = Number(PLINKCTL_SEED ?? 100_001);
const count = PLINKCTL_SEED === undefined ? Number(PLINKCTL_SEEDS ?? DEFAULT_SEEDS) : 1;

describeKernel('the merged view', ['root', 'loop', 'kmsg', 'overlay', 'ext4'], () => {
  let fileSystems: FileSystems;
  beforeAll(() => {
    fileSystems = mountFileSystems(['ext4']);
  });
  afterAll(() => fileSystems?.dispose());

  test.each(Array.from({ length: count }, (_, i) => from + i))(
    'of seed %i is what the kernel shows',
    async (seed) => {
      const root = fileSystems.directory('ext4', `seed${seed}`);
      const { place, options, story } = buildRandomUnion(seed, { upper: root, lower: root });
      const shown = viewOf(place, ['index=on', ...options]).tree;
      const seen = await walked(overlayUnion(place, options));
      const kernel = shown.map(({ path, kind }) => `${path}${kind === 'directory' ? '/' : ''}`);
      expect({ seed, story, names: seen }).toEqual({ seed, story, names: kernel.sort() });
      fileSystems.clear(root);
    },
  );
});

/** Every visible name, sorted, directories with a slash behind. */
async function walked(union: OverlayUnion): Promise<string[]> {
  const layers = openLayers(union);
  const names: string[] = [];
  try {
    const prefix = union.options.userxattr ? 'user.overlay.' : 'trusted.overlay.';
    const rules = overlayRules({ prefix, noFollow: false, roots: layers.roots });
    const visitor: WalkVisitor = {
      wanted: () => 'all',
      onDirectory: ({ path }) => names.push(`${path}/`),
      onName({ path, stack }, position, name) {
        if (stack.slice(0, position).some((higher) => rules.decides(higher, name))) return;
        const fd = stack[position]?.fd ?? -1;
        // Both kinds of a whiteout: the device, and the attribute.
        if (isNullDevice(stat(fd, name)) || getXattr(fd, name, `${prefix}whiteout`) !== undefined) return;
        names.push(joinBytes(path, name as Bytes));
      },
      onUnreadable: (unreadable) => expect(unreadable).toBeUndefined(),
    };
    await runWalk(layers.roots, rules, visitor, {});
  } finally {
    layers.close();
  }
  return names.sort();
}
