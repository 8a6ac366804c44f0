/** A number of the command line, such as minutes, seeds and callers. */
export function positive(name: string, text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new Error(`--${name} ${text} is not a number above 0`);
  return number;
}
