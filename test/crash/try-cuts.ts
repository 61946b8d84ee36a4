import type { CrashUnion } from './crash-union.js';
import { type Cut, type CutRun, checkCut } from './power-cut.js';
import { withoutStrangersLog } from './union-image.js';

/**
 * Tries every `stride`th cut of a run and the last; removes all of them.
 *
 * @returns how many were tried, and a line for each thing that is wrong
 */
export async function tryCuts<Goal extends string, Left>(
  union: CrashUnion<Goal, Left>,
  goal: Goal,
  { cuts, finished }: CutRun<Left>,
  stride: number,
): Promise<{ readonly checked: number; readonly wrong: string[] }> {
  const wrong: string[] = [];
  let checked = 0;
  const chosen = (i: number): boolean => i % stride === stride - 1 || i === cuts.length - 1;
  const attempt = async (cut: Cut): Promise<void> => {
    checked += 1;
    const lines = await withoutStrangersLog(() => checkCut(union, cut, goal, finished));
    if (lines.length > 0) wrong.push(`${cut.words}:`, ...lines);
  };
  for (const [i, cut] of cuts.entries()) {
    if (chosen(i)) await attempt(cut);
    cut.drop();
  }
  return { checked, wrong };
}
