import { Problem, type ProblemKind } from '../problem.js';
import type { Failure } from '../report/failure.js';
import { type Bytes, bytesFromText, bytesOf } from '../sys/bytes.js';
import { isSysError, meaningOf } from '../sys/sys-error.js';
import { exitCode } from './exit-code.js';
import { Stopped } from './stopped.js';

const codeOfKind: Readonly<Record<ProblemKind, number>> = {
  usage: exitCode.usage,
  operational: exitCode.operational,
  busy: exitCode.busy,
};

/** The one switch from an error to what is said of it and to the exit code. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Problem) {
    const { code, message, path, hint } = error;
    return { exitCode: codeOfKind[error.kind], code, message, path, hint };
  }
  if (error instanceof Stopped) return { exitCode: error.exitCode, code: error.code, message: error.message };
  if (isSysError(error)) {
    const { code, syscall, path, meaning } = error;
    return {
      exitCode: exitCode.operational,
      code,
      message: meaning,
      syscall,
      path: path as Bytes | undefined,
    };
  }
  if (isNodeError(error)) {
    const { code, syscall, path } = error;
    return {
      exitCode: exitCode.operational,
      code,
      message: meaningOf(code),
      syscall,
      path: asBytes(path),
    };
  }
  return {
    exitCode: exitCode.operational,
    code: 'internal',
    message: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    hint: 'this is a fault of plinkctl itself; please report it with the lines below',
    stack: error instanceof Error ? error.stack : undefined,
  };
}

interface NodeError {
  readonly code: string;
  readonly message: string;
  readonly syscall: string;
  readonly path: string | Buffer | undefined;
}

function isNodeError(error: unknown): error is NodeError {
  return typeof error === 'object' && error !== null && 'code' in error && 'syscall' in error;
}

function asBytes(path: string | Buffer | undefined): Bytes | undefined {
  if (path === undefined) return undefined;
  return typeof path === 'string' ? bytesFromText(path) : bytesOf(path);
}
