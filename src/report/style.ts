type Paint = (text: string) => string;

/** The few ways in which text stands out. */
export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly blue: Paint;
  readonly cyan: Paint;
  readonly magenta: Paint;
}

const plainText: Paint = (text) => text;

/** No colours at all. */
export const plain: Style = {
  bold: plainText,
  dim: plainText,
  red: plainText,
  green: plainText,
  yellow: plainText,
  blue: plainText,
  cyan: plainText,
  magenta: plainText,
};

/** Loads chalk where colours are wanted: a run in a pipe need not pay for it. */
export async function loadStyle(color: boolean): Promise<Style> {
  if (!color) return plain;
  const { Chalk } = await import('chalk');
  return new Chalk({ level: 1 });
}

/**
 * Whether to colour what goes to a stream, by the usual conventions: the option first, then NO_COLOR
 * (no-color.org), FORCE_COLOR, and a terminal that is not dumb.
 */
export function wantsColor(
  option: boolean | undefined,
  terminal: boolean,
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if (option !== undefined) return option;
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '')
    return !['0', 'false'].includes(env.FORCE_COLOR);
  return terminal && env.TERM !== 'dumb';
}
