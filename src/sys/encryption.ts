import type { Bytes } from './bytes.js';
import { ioctlRaw } from './ioctl.js';
import { ENCRYPTED, sight, stat } from './stat.js';
import { isSysError } from './sys-error.js';

const FS_IOC_GET_ENCRYPTION_POLICY_EX = 0xc0096616;
const FS_IOC_GET_ENCRYPTION_KEY_STATUS = 0xc080661a;

/** `struct fscrypt_policy_v2`, the longest; before it stands its size, eight bytes. */
const POLICY_SIZE = 24;
const POLICY = 8;
/** Where the policy names its key: a descriptor of eight bytes, or an identifier of sixteen. */
const KEY_IN_POLICY = { v1: 4, v2: 8 } as const;
const POLICY_V2 = 2;
/** `struct fscrypt_get_key_status_arg`: what kind of name the key has, padding, the name; the answer at 64. */
const STATUS_SIZE = 128;
const KEY = 8;
const STATUS = 64;
const KEY_BY_DESCRIPTOR = 1;
const KEY_BY_IDENTIFIER = 2;
const KEY_PRESENT = 2;

const ENOTTY = 25;
const ENODATA = 61;
const EOPNOTSUPP = 95;

/** No file has this name, and it would be as good if one had. */
const ANY = '.plinkctl' as Bytes;

/**
 * Whether the file system of an open directory may hold encrypted ones (fscrypt: ext4, f2fs and others, where the feature
 * is on). Where that cannot be told, it may.
 *
 * @param fd - not `O_PATH`
 */
export function mayEncrypt(fd: number): boolean {
  const result = policyOf(fd, Buffer.alloc(POLICY + POLICY_SIZE));
  return result !== -ENOTTY && result !== -EOPNOTSUPP;
}

/**
 * Whether an open directory is encrypted and its key is not there, or that cannot be told: then the kernel lists other
 * names than it has, finds none of its own, and says nothing of it (fscrypt_setup_filename() in fs/crypto/fname.c). While
 * the descriptor of one that is not locked stays open, it will not be.
 *
 * @param fd - not `O_PATH`
 */
export function isLocked(fd: number): boolean {
  const policy = Buffer.alloc(POLICY + POLICY_SIZE);
  const result = policyOf(fd, policy);
  if (result === -ENODATA || result === -ENOTTY || result === -EOPNOTSUPP) return false;
  if (result < 0) return isEncrypted(fd);
  takeKey(fd);
  return !isKeyThere(fd, policy.subarray(POLICY));
}

function policyOf(fd: number, argument: Buffer): number {
  argument.writeBigUInt64LE(BigInt(POLICY_SIZE));
  return ioctlRaw(fd, FS_IOC_GET_ENCRYPTION_POLICY_EX, argument);
}

/** What an overlay or a filter of calls lets through, where the policy is not told. */
function isEncrypted(fd: number): boolean {
  try {
    return (stat(fd, '' as Bytes).attributes & ENCRYPTED) !== 0n;
  } catch (error) {
    if (isSysError(error)) return true;
    throw error;
  }
}

/** A lookup gives the inode its key, which stays with it while it is in use, whoever removes the key meanwhile. */
function takeKey(fd: number): void {
  try {
    sight(fd, ANY);
  } catch (error) {
    if (!isSysError(error)) throw error;
  }
}

/** A key in somebody's own keyring, which old policies allow, the kernel does not tell of: such count as locked. */
function isKeyThere(fd: number, policy: Buffer): boolean {
  const isNew = policy[0] === POLICY_V2;
  const status = Buffer.alloc(STATUS_SIZE);
  status.writeUInt32LE(isNew ? KEY_BY_IDENTIFIER : KEY_BY_DESCRIPTOR);
  if (isNew) policy.copy(status, KEY, KEY_IN_POLICY.v2, KEY_IN_POLICY.v2 + 16);
  else policy.copy(status, KEY, KEY_IN_POLICY.v1, KEY_IN_POLICY.v1 + 8);
  if (ioctlRaw(fd, FS_IOC_GET_ENCRYPTION_KEY_STATUS, status) < 0) return false;
  return status.readUInt32LE(STATUS) === KEY_PRESENT;
}
