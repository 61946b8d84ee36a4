import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { Problem } from '../../problem.js';
import { isSysError } from '../../sys/sys-error.js';
import { overlayStage } from './overlay-stage.js';
import { plainStage } from './plain-stage.js';
import type { Stage } from './stage.js';

/** The best stage that this process may have, and why it is not a better one. */
export interface StageSet {
  readonly stage: Stage;
  readonly reason: string | undefined;
}

/** A real overlay on the temporary directory's own file system, else on a tmpfs, else plain directories. */
export async function setStage(): Promise<StageSet> {
  const { default: fs } = await import('fs-extra');
  const root = (): string =>
    mkdtempSync(join(process.getBuiltinModule('node:os').tmpdir(), 'plinkctl-demo-'));
  let reason: string | undefined;
  for (const tmpfs of [false, true]) {
    try {
      return { stage: overlayStage(fs, root(), tmpfs), reason: undefined };
    } catch (error) {
      reason = why(error);
    }
  }
  return { stage: plainStage(fs, root()), reason };
}

function why(error: unknown): string {
  if (isSysError(error, 'EPERM', 'EACCES')) return 'this user may not mount';
  if (isSysError(error, 'ENODEV')) return 'this kernel has no overlayfs';
  if (error instanceof Problem) return error.message;
  return `an overlay could not be mounted (${error instanceof Error ? error.message : String(error)})`;
}
