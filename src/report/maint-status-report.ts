import type { MaintenanceStatus } from '../lock/maintenance-status.js';
import { bytesFromText } from '../sys/bytes.js';
import type { Union } from '../union/union.js';
import type { JsonObject } from '../words/json.js';
import { pathJson } from '../words/path-json.js';
import { shown } from '../words/shown.js';
import type { Line, Report } from './report.js';
import { targetJson, targetLines } from './target-view.js';

/** Who holds the maintenance mode of a union. */
export function maintStatusReport(union: Union, status: MaintenanceStatus): Report {
  const { held, path, holder, other, child, since } = status;
  return {
    exitCode: held ? 75 : 0,
    text: ({ style }) => [
      ...targetLines(union, style),
      { level: 'info', text: '' },
      held
        ? { level: 'warning', text: `${style.yellow('●')} held by ${who(holder, other)}${when(since)}` }
        : { level: 'info', text: `${style.green('○')} nobody holds the maintenance mode` },
      ...(child === undefined
        ? []
        : [
            { level: 'info', text: `  in use by ${who(child, undefined)}, which the holder started` } as Line,
          ]),
    ],
    json: () => ({
      target: targetJson(union),
      held,
      lock: path === undefined ? null : pathJson(path),
      holder: holder === undefined ? otherJson(other) : holderJson(holder),
      child: child === undefined ? null : holderJson(child),
      since: since ?? null,
    }),
  };
}

function who(holder: MaintenanceStatus['holder'], other: MaintenanceStatus['other']): string {
  if (holder !== undefined) {
    const unseen = holder.alive === 'unknown' ? ', in a pid namespace out of sight' : '';
    return `pid ${holder.pid} (plinkctl ${safe(holder.command)})${unseen}`;
  }
  if (other === undefined) return 'a process that cannot be seen from here';
  return `pid ${other.pid} (${safe(other.program ?? 'unknown program')}), which left no record`;
}

function when(since: string | undefined): string {
  return since === undefined ? '' : ` since ${safe(since)}`;
}

function holderJson({ pid, command, alive }: NonNullable<MaintenanceStatus['holder']>): JsonObject {
  return { pid, command, alive: alive === 'unknown' ? null : alive };
}

function otherJson(other: MaintenanceStatus['other']): JsonObject | null {
  return other === undefined ? null : { pid: other.pid, command: other.program ?? null, alive: true };
}

function safe(text: string): string {
  return shown(bytesFromText(text));
}
