import { SysError } from '../../sys/sys-error.js';

/** An error as another thread can be told of it: what is copied to it loses its class and its `code`. */
export type ToldError = Pick<SysError, 'syscall' | 'errno' | 'path'> | { readonly error: unknown };

/** What to tell of an error. */
export function toldError(error: unknown): ToldError {
  if (!(error instanceof SysError)) return { error };
  const { syscall, errno, path } = error;
  return { syscall, errno, path };
}

/** The error that was told of. */
export function errorAsTold(told: ToldError): unknown {
  return 'error' in told ? told.error : new SysError(told.syscall, told.errno, told.path);
}
