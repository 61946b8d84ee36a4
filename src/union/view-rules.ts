import type { Bytes } from '../sys/bytes.js';
import { close } from '../sys/open.js';
import type { Stat } from '../sys/stat.js';

/** A layer of an opened view. */
export interface Layer {
  /** Position in the union's `branches`. */
  readonly branch: number;
  readonly role: 'upper' | 'lower' | 'data';
  readonly whiteouts: boolean;
  /** Descriptor of its root. */
  readonly root: number;
  /** Path of its root, for a private mount of it. */
  readonly path: Bytes;
  /** Whether what is mounted inside shows, which a union does not see: no private copy of its mount could be made. */
  readonly showsMounts?: boolean;
  /** Whether its file system may hold encrypted directories: each is asked whether it is locked. */
  readonly encrypts?: boolean;
}

/** One directory of one layer that takes part in a merged directory. */
export interface LayerDirectory {
  readonly layer: Layer;
  readonly fd: number;
  /** Path from the layer's root; differs from the union's path under a redirect. */
  readonly real: Bytes;
  /** Every name that it holds, where they are few and were just read: that saves a look for each that is asked for. */
  readonly names?: ReadonlySet<Bytes>;
}

/** A merged directory: its layer directories, top first. */
export type Stack = readonly LayerDirectory[];

/** What must be looked at in a subdirectory of a directory that one layer alone has. */
export interface LoneRule {
  /** The attribute that sends the lookup to other layers. */
  readonly unless?: string;
}

/** The lookup rules of one union format. */
export interface ViewRules {
  /** Whether the union never shows a name: aufs' `.wh.` names. Left out where it shows all. */
  hidden?(name: Bytes): boolean;
  /**
   * What `descend` comes to where a layer alone has a directory: its subdirectories are what the layer has there,
   * but for what the answer names. Undefined where nothing shorter can be said.
   */
  lone?(layer: Layer): LoneRule | undefined;
  /** Whether a layer directory hides a name that it holds itself (aufs: a whiteout beside the name). */
  hides(directory: LayerDirectory, name: Bytes): boolean;
  /** Whether what has a name is nothing but a whiteout for it. Left out where a whiteout has a name of its own. */
  isWhiteout?(stat: Stat): boolean;
  /** Whether a layer directory ends the lookup of a name: it holds that name, or a whiteout for it. */
  decides(directory: LayerDirectory, name: Bytes): boolean;
  /**
   * The merged directory of a name that is a directory in `stack[from]`; empty where it is not visible after all.
   * The caller closes what it gets.
   *
   * @throws SysError where a layer's directory cannot be opened
   */
  descend(stack: Stack, from: number, name: Bytes): LayerDirectory[];
}

/** Closes every directory of a stack. */
export function closeStack(stack: Stack): void {
  for (const { fd } of stack) close(fd);
}
