import { isSysError, type SysError } from '../../sys/sys-error.js';

/** Which of two files that are compared: an entry's, or a lower one. */
export type Side = 'upper' | 'lower';

/** One of two files that are compared cannot be read. */
export class UnreadSide extends Error {
  readonly code = 'unread-side';
  readonly side: Side;
  override readonly cause: SysError;

  constructor(side: Side, cause: SysError) {
    super(`the ${side} file cannot be read`, { cause });
    this.name = 'UnreadSide';
    this.side = side;
    this.cause = cause;
  }
}

/** @throws UnreadSide where `read` throws a SysError */
export function readOfSide<T>(side: Side, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!isSysError(error)) throw error;
    throw new UnreadSide(side, error);
  }
}
