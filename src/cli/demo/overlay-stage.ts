import { join } from 'node:path';
import { Problem } from '../../problem.js';
import { ascii, type Bytes, bytesFromText } from '../../sys/bytes.js';
import { MNT_DETACH, MS_RDONLY, mount, umount } from '../../sys/mount.js';
import { noOverlayOptions } from '../../union/overlay-words.js';
import type { FileSystem } from './file-system.js';
import { fillLower } from './fill-lower.js';
import { lookAt } from './look-at.js';
import { type Look, names, type Stage, texts } from './stage.js';

/**
 * A real overlay with an index, in a directory of its own.
 *
 * @param root - an empty directory; it is removed by `dispose`
 * @param tmpfs - put a tmpfs there first: the file system of the temporary directory may not do for an upper
 * @throws SysError or another error where this process may not mount, or the kernel keeps no index here
 */
export function overlayStage(fs: FileSystem, root: string, tmpfs: boolean): Stage {
  const mounted: Bytes[] = [];
  const mountAt = (target: string, type: string, flags: number, data: string): void => {
    mount(ascii(type), bytesFromText(target), ascii(type), flags, bytesFromText(data));
    mounted.push(bytesFromText(target));
  };
  const unmountLast = (flags = 0): void => {
    const target = mounted.at(-1);
    if (target !== undefined) umount(target, flags);
    mounted.pop();
  };
  const clear = (): void => {
    while (mounted.length > 0) unmountLast(MNT_DETACH);
    fs.removeSync(root);
  };
  try {
    if (tmpfs) mountAt(root, 'tmpfs', 0, 'mode=0700,size=4m');
    const at = (name: string): string => join(root, name);
    for (const name of ['upper', 'lower', 'work', 'union']) fs.ensureDirSync(at(name));
    fillLower(fs, at('lower'));
    mountAt(
      at('union'),
      'overlay',
      0,
      `lowerdir=${at('lower')},upperdir=${at('upper')},workdir=${at('work')},index=on`,
    );
    fs.writeFileSync(join(at('union'), names[0]), texts.after);
    const whileMounted = lookAt(fs, (name) => join(at('union'), name));
    unmountLast();
    // In a user namespace the kernel mounts, and makes no index.
    if (!fs.existsSync(at('work/index')) || fs.readdirSync(at('work/index')).length === 0)
      throw new Problem('operational', 'no-index', 'the kernel keeps no index here');
    const look = (): Look[] => {
      // Both branches as lowers: what a mount without the index shows, and nothing can be written.
      mountAt(at('union'), 'overlay', MS_RDONLY, `lowerdir=${at('upper')}:${at('lower')}`);
      try {
        return lookAt(fs, (name) => join(at('union'), name));
      } finally {
        unmountLast();
      }
    };
    return {
      union: {
        format: 'overlay',
        branches: [
          { path: bytesFromText(at('upper')), role: 'upper', whiteouts: true },
          { path: bytesFromText(at('lower')), role: 'lower', whiteouts: true },
        ],
        work: bytesFromText(at('work')),
        options: noOverlayOptions,
        mounted: undefined,
      },
      root,
      made: `a real overlayfs with index=on in ${root}${tmpfs ? ' (on a tmpfs)' : ''}`,
      lookedAt: 'Unmounted, then mounted without the index',
      whileMounted,
      look,
      dispose: clear,
    };
  } catch (error) {
    clear();
    throw error;
  }
}
