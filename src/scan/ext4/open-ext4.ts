import { openBlockDevice } from '../../sys/block-device.js';
import { Ext4Image } from './ext4-image.js';

/**
 * Opens the device of an ext4 that is mounted.
 *
 * @param dev - `st_dev` of a file there
 * @param uuid - of the file system, in hex; undefined where nothing tells it
 * @returns undefined for one that is laid out in another way, or is another
 * @throws SysError as `openBlockDevice` and pread(2) do
 */
export function openExt4(dev: bigint, uuid: string | undefined): Ext4Image | undefined {
  const image = Ext4Image.on(openBlockDevice(dev));
  if (image === undefined || uuid === undefined || uuid === image.geometry.uuid) return image;
  image.close();
  return undefined;
}
