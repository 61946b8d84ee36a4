import { mkdirSync } from 'node:fs';
import { bytesFromText } from '../../src/sys/bytes.js';
import { ioctl, ioctlSet } from '../../src/sys/ioctl.js';
import { O_DIRECTORY, O_RDONLY, openTrusted, withFd } from '../../src/sys/open.js';
import { isSysError } from '../../src/sys/sys-error.js';
import { command } from './command.js';
import { type LoopImage, makeExt4Image } from './loop-image.js';

const FS_IOC_SET_ENCRYPTION_POLICY = 0x800c6613;
const FS_IOC_ADD_ENCRYPTION_KEY = 0xc0506617;
const FS_IOC_REMOVE_ENCRYPTION_KEY = 0xc0406618;
const [AES_256_XTS, AES_256_CTS, PAD_32] = [1, 4, 3];
const BY_DESCRIPTOR = 1;
const BY_IDENTIFIER = 2;
const KEY_SIZE = 64;
// Of like parts the kernel would make no key of version 1.
const KEY = Buffer.from(Array.from({ length: KEY_SIZE }, (_, i) => i));
/** Of keys for policies of version 1, whoever makes a key gives it a name. */
const DESCRIPTOR = Buffer.from('plinkctl');

/** An ext4 with encrypted directories, all with one key of the file system's own keyring. */
export interface EncryptedImage extends LoopImage {
  /** Makes a directory whose names and data are encrypted, which takes the key. */
  encrypted(directory: string): void;
  /** Takes the key away, as `fscrypt lock` does: what nobody uses is locked from now on. */
  lock(): void;
  /** Gives it back. */
  unlock(): void;
}

/** @param version - of the encryption policies */
export function makeEncryptedImage(version: 1 | 2 = 2): EncryptedImage {
  const image = makeExt4Image(['-O', 'encrypt']);
  const name = Buffer.alloc(32);
  if (version === 1) DESCRIPTOR.copy(name);
  const on = (directory: string, request: number, argument: Buffer, call = ioctl): void =>
    withFd(openTrusted(bytesFromText(directory), O_RDONLY | O_DIRECTORY), (fd) =>
      call(fd, request, argument),
    );
  const kind = version === 1 ? BY_DESCRIPTOR : BY_IDENTIFIER;

  function unlock(): void {
    // struct fscrypt_add_key_arg: what kind of name, padding, the name, size of the key, then from 80 on the key.
    const argument = Buffer.alloc(80 + KEY_SIZE);
    argument.writeUInt32LE(kind, 0);
    name.copy(argument, 8);
    argument.writeUInt32LE(KEY_SIZE, 40);
    KEY.copy(argument, 80);
    on(image.mountpoint, FS_IOC_ADD_ENCRYPTION_KEY, argument);
    argument.copy(name, 0, 8, 40);
  }

  unlock();
  return {
    ...image,
    encrypted(directory) {
      mkdirSync(directory, { recursive: true });
      const head = Buffer.from([version === 1 ? 0 : 2, AES_256_XTS, AES_256_CTS, PAD_32]);
      const policy = version === 1 ? [head, DESCRIPTOR] : [head, Buffer.alloc(4), name.subarray(0, 16)];
      on(directory, FS_IOC_SET_ENCRYPTION_POLICY, Buffer.concat(policy), ioctlSet);
    },
    lock() {
      command('sync', '-f', image.mountpoint);
      const argument = Buffer.alloc(64);
      argument.writeUInt32LE(kind, 0);
      name.copy(argument, 8);
      try {
        on(image.mountpoint, FS_IOC_REMOVE_ENCRYPTION_KEY, argument);
      } catch (error) {
        // Nothing is left that holds it.
        if (!isSysError(error, 'ENOKEY')) throw error;
      }
    },
    unlock,
  };
}

/** A name of a locked directory, as far as anybody knows one without the key. */
export const NO_KEY_NAME = /^[A-Za-z0-9_-]{22,}$/;
