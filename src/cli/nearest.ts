/**
 * The candidate that `word` is most likely a misspelling or the beginning of; undefined where none is near.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: distance(word, candidate) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  // A third of its letters, but not all of them: any letter is one step from any other.
  const steps = Math.min(Math.max(1, Math.floor(word.length / 3)), word.length - 1);
  if (best !== undefined && best.distance <= steps) return best.candidate;
  const begun = candidates.filter((candidate) => word.length > 1 && candidate.startsWith(word));
  return begun.length === 1 ? begun[0] : undefined;
}

// Levenshtein's distance, with a swap of two neighbours as one step: the commonest slip of the fingers.
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(at(row, j - 1) + 1, at(rows[i - 1], j) + 1, at(rows[i - 1], j - 1) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, at(rows[i - 2], j - 2) + 1);
      }
      row.push(best);
    }
    rows.push(row);
  }
  return at(rows[a.length], b.length);
}

function at(row: readonly number[] | undefined, index: number): number {
  return row?.[index] ?? Number.POSITIVE_INFINITY;
}
