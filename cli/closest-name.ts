/** The name that was probably meant: as few letters away as a slip of the hand leaves. */

/** A letter in three may be wrong: beyond that another name is as likely meant. */
const LETTERS_PER_SLIP = 3;

export function closest(typed: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = Math.max(1, Math.floor(typed.length / LETTERS_PER_SLIP)) + 1;
  for (const name of names) {
    // Lengths alone say that it is further: nothing to compute for most of ten thousand names.
    if (name === typed || Math.abs(name.length - typed.length) >= fewest) continue;
    const slips = distance(typed.toLowerCase(), name.toLowerCase());
    if (slips < fewest) [best, fewest] = [name, slips];
  }
  return best;
}

/** Letters to insert, leave out, replace, or swap with their neighbour. */
function distance(from: string, to: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const isSame = from[i - 1] === to[j - 1];
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (isSame ? 0 : 1));
      const isSwapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (isSwapped) least = Math.min(least, (beforeLast[j - 2] ?? 0) + 1);
      row.push(least);
    }
    [beforeLast, last] = [last, row];
  }
  return last[to.length] ?? 0;
}
