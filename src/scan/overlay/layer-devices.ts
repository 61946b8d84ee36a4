import type { Bytes } from '../../sys/bytes.js';
import { stat } from '../../sys/stat.js';
import { hasOneDevice } from '../../union/handle-inode.js';
import type { LayerDirectory } from '../../union/view-rules.js';
import type { HandleLayer } from './overlay-layers.js';

/** Device numbers of layer directories, asked for as seldom as may be. */
export class LayerDevices {
  readonly #layers: ReadonlyMap<number, HandleLayer>;
  readonly #known = new Map<number, bigint>();
  #at: LayerDirectory | undefined;
  #device = 0n;

  /** @param layers - by branch */
  constructor(layers: ReadonlyMap<number, HandleLayer>) {
    this.#layers = layers;
  }

  /** The device of the files in a directory: one look for all directories that are known to have the same. */
  of(at: LayerDirectory): bigint {
    const { branch } = at.layer;
    const known = this.#at === at ? this.#device : this.#known.get(branch);
    const device = known ?? stat(at.fd, '' as Bytes).dev;
    this.#at = at;
    this.#device = device;
    if (known === undefined && hasOneDevice(this.#layers.get(branch)?.fileSystem ?? 0n))
      this.#known.set(branch, device);
    return device;
  }
}
