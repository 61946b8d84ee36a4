import { type Bytes, componentsOf, joinBytes } from '../sys/bytes.js';
import { close } from '../sys/open.js';
import { isNullDevice } from '../sys/stat.js';
import { isSysError, SysError } from '../sys/sys-error.js';
import { getXattrFd } from '../sys/xattr.js';
import { holdsName } from './holds-name.js';
import type { LayerTraps } from './layer-traps.js';
import { openLayerDirectory, openQuietly } from './open-layer-directory.js';
import { closeStack, type LayerDirectory, type Stack, type ViewRules } from './view-rules.js';

export interface OverlayRulesOptions {
  /** `trusted.overlay.` or `user.overlay.`. */
  readonly prefix: string;
  /** `redirect_dir=nofollow`: the kernel answers EPERM for a redirected name. */
  readonly noFollow: boolean;
  /** The roots of the upper and all searched lowers. */
  readonly roots: Stack;
  /** `nfs_export=on`: whether an upper directory's origin is this lower directory. */
  readonly merges?: ((upper: LayerDirectory, lower: LayerDirectory) => boolean) | undefined;
  readonly traps?: LayerTraps | undefined;
}

/** The lookup of one name through the layers: ovl_lookup_data of fs/overlayfs/namei.c. */
interface Lookup {
  /** A component, or a path from the lower roots that begins with a slash. */
  name: Bytes;
  stop: boolean;
  /** It came to the upper or the work directory by way of a lower: the kernel shows nothing under the name. */
  trapped: boolean;
  /** Branch of the layer in which nothing can lead or hide any more: the kernel looks at no attribute there. */
  readonly end: number;
}

/** The rules of one overlay, and how many redirects they have followed. */
export interface OverlayRules extends ViewRules {
  readonly redirects: number;
}

/** The merged view of an overlay, directory by directory (ovl_lookup, ovl_lookup_layer, ovl_lookup_single). */
export function overlayRules(options: OverlayRulesOptions): OverlayRules {
  let redirects = 0;
  const { prefix, roots } = options;
  const last = roots.at(-1)?.layer.branch ?? 0;

  return {
    get redirects() {
      return redirects;
    },
    // An opaque directory hides what there is not; the kernel looks for no attribute in the last layer.
    lone: (layer) => {
      if (options.traps?.inside(layer) === true) return undefined;
      return layer.branch === last ? {} : { unless: `${prefix}redirect` };
    },
    hides: () => false,
    isWhiteout: isNullDevice,
    decides: holdsName,
    descend,
  };

  function descend(stack: Stack, from: number, name: Bytes): LayerDirectory[] {
    const found: LayerDirectory[] = [];
    // Where redirects are not followed, none can lead beyond the layers of the parent.
    const end = options.noFollow ? (stack.at(-1)?.layer.branch ?? last) : last;
    const lookup: Lookup = { name, stop: false, trapped: false, end };
    let candidates = stack.slice(from);
    try {
      while (candidates.length > 0 && !lookup.stop) {
        const [base, ...rest] = candidates as [LayerDirectory, ...LayerDirectory[]];
        candidates = rest;
        const before = lookup.name;
        const directory = lookUpLayer(base, lookup);
        if (lookup.name !== before && options.noFollow) {
          if (directory !== undefined) close(directory.fd);
          throw new SysError('openat2', 1, joinBytes(base.real, name));
        }
        if (lookup.name !== before && lookup.name.startsWith('/')) {
          candidates = roots.filter(({ layer }) => layer.branch > base.layer.branch);
        }
        if (directory === undefined) continue;
        const [top] = found;
        if (found.length === 1 && top?.layer.role === 'upper' && options.merges?.(top, directory) === false) {
          close(directory.fd);
          break;
        }
        found.push(directory);
      }
    } catch (error) {
      closeStack(found);
      throw error;
    }
    if (!lookup.trapped) return found;
    closeStack(found);
    return [];
  }

  function lookUpLayer(base: LayerDirectory, lookup: Lookup): LayerDirectory | undefined {
    if (!lookup.name.startsWith('/')) return lookUpSingle(base, lookup, lookup.name, '');
    const parts = componentsOf(lookup.name);
    let at: LayerDirectory | undefined = base;
    for (const [i, part] of parts.entries()) {
      const after = parts
        .slice(i + 1)
        .map((each) => `/${each}`)
        .join('');
      const next: LayerDirectory | undefined = lookUpSingle(at, lookup, part, after);
      if (at !== base) close(at.fd);
      if (next === undefined) return undefined;
      at = next;
    }
    return at === base ? { ...base, fd: openQuietly(base.fd, '' as Bytes) } : at;
  }

  /** `after` is the rest of an absolute path behind the component. */
  function lookUpSingle(
    parent: LayerDirectory,
    lookup: Lookup,
    name: Bytes,
    after: string,
  ): LayerDirectory | undefined {
    let directory: LayerDirectory;
    try {
      directory = openLayerDirectory(parent, name);
    } catch (error) {
      if (isSysError(error, 'ENOENT', 'ENAMETOOLONG')) return undefined;
      // Not a directory: a whiteout or a file, and either ends the search.
      if (isSysError(error, 'ENOTDIR', 'ELOOP')) {
        lookup.stop = true;
        return undefined;
      }
      throw error;
    }
    if (options.traps?.holds(directory) === true) {
      close(directory.fd);
      lookup.trapped = true;
      lookup.stop = true;
      return undefined;
    }
    if (directory.layer.branch === lookup.end) return directory;
    try {
      // `x` means "may hold whiteouts that are attributes" and hides nothing.
      if (getXattrFd(directory.fd, `${prefix}opaque`)?.toString('latin1') === 'y') {
        lookup.stop = true;
        return directory;
      }
      const redirect = getXattrFd(directory.fd, `${prefix}redirect`)?.toString('latin1').replace(/\0+$/, '');
      if (redirect === undefined || redirect === '') return directory;
      redirects += 1;
      if (redirect.startsWith('/')) {
        // An opaque ancestor on the way stopped the search; the redirect below it starts it again.
        lookup.stop = false;
        lookup.name = `${redirect}${after}` as Bytes;
      } else {
        if (redirect.includes('/')) throw new SysError('getxattr', 22, directory.real);
        // A redirect above it may have changed the way to it by now.
        const before = lookup.name.slice(0, lookup.name.length - name.length - after.length);
        lookup.name = `${before}${redirect}${after}` as Bytes;
      }
      return directory;
    } catch (error) {
      close(directory.fd);
      throw error;
    }
  }
}
