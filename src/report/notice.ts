/** sd-daemon(3) priorities. */
export const priorities = { error: 3, warning: 4, notice: 5, info: 6 } as const;

export type Level = keyof typeof priorities;

/** A message beside the report. */
export interface Notice {
  readonly level: Level;
  /** Safe to print. */
  readonly text: string;
}

export type LogFormat = 'text' | 'systemd' | 'json';

/** One message as lines for stderr. */
export function formatNotice({ level, text }: Notice, format: LogFormat): string {
  if (format === 'json') return `${JSON.stringify({ level, message: text })}\n`;
  const lines = text.split('\n');
  if (format === 'systemd') return lines.map((line) => `<${priorities[level]}>${line}\n`).join('');
  const [first, ...others] = lines;
  return [`plinkctl: ${first}`, ...others.map((line) => `  ${line}`), ''].join('\n');
}
