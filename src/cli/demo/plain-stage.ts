import { join } from 'node:path';
import { bytesFromText } from '../../sys/bytes.js';
import type { FileSystem } from './file-system.js';
import { fillLower } from './fill-lower.js';
import { lookAt } from './look-at.js';
import { names, type Stage, texts } from './stage.js';

/**
 * Two directories as an aufs would have left them: the written name and its pseudo-link on the upper branch.
 *
 * @param root - an empty directory; it is removed by `dispose`
 */
export function plainStage(fs: FileSystem, root: string): Stage {
  const upper = join(root, 'upper');
  const lower = join(root, 'lower');
  const index = join(upper, '.wh..wh.plnk');
  fillLower(fs, lower);
  fs.ensureDirSync(index, { mode: 0o700 });
  fs.ensureDirSync(join(upper, '.wh..wh.orph'), { mode: 0o700 });
  fs.writeFileSync(join(upper, '.wh..wh.aufs'), '', { mode: 0o444 });
  const copy = join(upper, names[0]);
  fs.writeFileSync(copy, texts.after);
  // UNION-INODE.BRANCH-INODE; aufs counts its own inodes from 11.
  fs.linkSync(copy, join(index, `11.${fs.statSync(copy, { bigint: true }).ino}`));
  return {
    union: {
      format: 'aufs',
      branches: [
        { path: bytesFromText(upper), role: 'upper', whiteouts: true },
        { path: bytesFromText(lower), role: 'lower', whiteouts: false },
      ],
      mounted: undefined,
    },
    root,
    made: `plain directories in the shape of an aufs in ${root}`,
    lookedAt: 'Mounted again, or copied',
    whileMounted: undefined,
    look: () =>
      lookAt(fs, (name) => (fs.existsSync(join(upper, name)) ? join(upper, name) : join(lower, name))),
    dispose: () => fs.removeSync(root),
  };
}
