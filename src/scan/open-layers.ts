import { Problem } from '../problem.js';
import { ascii, type Bytes } from '../sys/bytes.js';
import { isLocked, mayEncrypt } from '../sys/encryption.js';
import { cloneMount, cloneMountWithoutAtime } from '../sys/mount.js';
import { close, openDirectory, withFd } from '../sys/open.js';
import { ENOKEY, SysError, unless } from '../sys/sys-error.js';
import { openQuietly } from '../union/open-layer-directory.js';
import type { Branch, Union } from '../union/union.js';
import type { Layer, LayerDirectory } from '../union/view-rules.js';

const hints: Readonly<Record<string, string>> = {
  EACCES: 'run it as root, or as the owner of the branches',
  ENOKEY: 'unlock it, then run the same command again',
};

/** The roots of a union's branches, open. */
export interface OpenLayers {
  readonly all: readonly Layer[];
  /** The searched branches as the stack of the union's root directory. */
  readonly roots: readonly LayerDirectory[];
  close(): void;
}

/**
 * A union keeps a private copy of each branch's mount and sees nothing that is mounted inside, be it over a directory
 * or over a single file, of which nobody would know. Of a lower the same copy is taken, where this process may
 * (CAP_SYS_ADMIN; EINVAL in another mount namespace).
 */
function openRoot(path: Bytes, role: Branch['role']): Pick<Layer, 'root' | 'showsMounts'> {
  const plain = openDirectory(path);
  if (role === 'upper') return { root: plain };
  let copy: number | undefined;
  try {
    copy = unless(['EPERM', 'EINVAL', 'ENOSYS'], () =>
      withFd(privateCopy(plain), (fd) => openQuietly(fd, ascii(''))),
    );
  } catch (error) {
    close(plain);
    throw error;
  }
  if (copy === undefined) return { root: plain, showsMounts: true };
  close(plain);
  return { root: copy };
}

/** A copy cannot be copied again to read a symlink: it keeps access times itself, from Linux 5.12 on. */
function privateCopy(root: number): number {
  const quiet = unless(['EPERM', 'EINVAL', 'ENOSYS'], () => cloneMountWithoutAtime(root, ascii('.')));
  return quiet ?? cloneMount(root, ascii('.'));
}

/**
 * Opens the root of every branch.
 *
 * @param wanted - which branches; to let go of a lower's private copy takes the kernel 0.1 ms
 * @throws Problem operational `branch`, naming the branch that cannot be opened
 */
export function openLayers(union: Union, wanted: (branch: Branch) => boolean = () => true): OpenLayers {
  const all: Layer[] = [];
  const closeAll = (): void => {
    for (const { root } of all.splice(0)) close(root);
  };
  for (const [branch, each] of union.branches.entries()) {
    if (!wanted(each)) continue;
    const { path, role, whiteouts } = each;
    try {
      const opened = openRoot(path, role);
      const layer = { branch, path, role, whiteouts, ...opened, encrypts: mayEncrypt(opened.root) };
      all.push(layer);
      // What is data alone is never searched by name.
      if (role !== 'data' && layer.encrypts && isLocked(layer.root))
        throw new SysError('openat', ENOKEY, path);
    } catch (error) {
      closeAll();
      if (!(error instanceof SysError)) throw error;
      throw new Problem('operational', 'branch', `cannot open the ${role} branch: ${error.meaning}`, {
        path,
        cause: error,
        hint: hints[error.code],
      });
    }
  }
  const layers = [...all];
  const roots = layers
    .filter(({ role }) => role !== 'data')
    .map((layer) => ({ layer, fd: layer.root, real: ascii('') }));
  return { all: layers, roots, close: closeAll };
}
