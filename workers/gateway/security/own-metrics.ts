/** Metrics as a tenant may see them: the lines that are labelled with one of its sequences. Totals of everybody are left out. */

const LABEL = /[{,](?:sequence|stream)="([^"/]*)/;

export function ownMetrics(text: string, sees: (sequence: string) => boolean): string {
  const lines = text.split('\n').filter((line) => {
    if (line.startsWith('#')) return true;
    const sequence = LABEL.exec(line)?.[1];
    return sequence !== undefined && sees(sequence);
  });
  return withoutIdleComments(lines).join('\n');
}

/** HELP and TYPE of a metric of which nothing is left say nothing. */
function withoutIdleComments(lines: readonly string[]): string[] {
  const told = new Set(lines.filter((line) => !line.startsWith('#')).map((line) => line.slice(0, line.indexOf('{'))));
  return lines.filter((line) => {
    if (!line.startsWith('#')) return true;
    const name = line.split(' ', 3)[2] ?? '';
    return ['', '_bucket', '_sum', '_count'].some((end) => told.has(name + end));
  });
}
