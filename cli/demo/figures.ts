/** Figures as people read them on one screen: few digits, aligned, the unit beside them. */

const COMPACT_FROM = 10_000;
const UNITS = [
  { size: 1e9, sign: 'G' },
  { size: 1e6, sign: 'M' },
  { size: 1e3, sign: 'k' },
] as const;

/** 0.0042, 0.42, 7.3, 1,234, 56.7k, 8.90M: never more than six characters below 10^12. */
export function compact(n: number): string {
  const size = Math.abs(n);
  if (size > 0.0001 && size < 1) return String(Number(n.toPrecision(2)));
  if (size < 10) return n.toFixed(2).replace(/\.?0+$/, '');
  if (size < 100) return n.toFixed(1).replace(/\.0$/, '');
  if (size < COMPACT_FROM) return grouped(n);
  const unit = UNITS.find((each) => size >= each.size) ?? UNITS[2];
  const scaled = n / unit.size;
  return `${scaled.toFixed(scaled < 10 ? 2 : scaled < 100 ? 1 : 0)}${unit.sign}`;
}

/** 1,234,567. */
export function grouped(n: number): string {
  return Math.round(n).toLocaleString('en-US');
}

/** 850 ms, 36 s, 4.2 min, 2.5 h: never more than seven characters below 10,000 hours. */
export function duration(ms: number): string {
  const inUnit = (n: number, unit: string) => `${n < 10 ? n.toFixed(1).replace(/\.0$/, '') : Math.round(n)} ${unit}`;
  if (ms < 1_000) return inUnit(ms, 'ms');
  if (ms < 120_000) return inUnit(ms / 1_000, 's');
  if (ms < 7_200_000) return inUnit(ms / 60_000, 'min');
  return inUnit(ms / 3_600_000, 'h');
}

const BARS = '▁▂▃▄▅▆▇█';

/** One character per figure, from 0 to the largest of them. */
export function sparkline(history: readonly number[]): string {
  const top = Math.max(0, ...history);
  if (top === 0) return BARS.charAt(0).repeat(history.length);
  return history.map((n) => BARS.charAt(Math.min(BARS.length - 1, Math.floor((Math.max(0, n) / top) * BARS.length)))).join('');
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** Thu 13 Jul 1995 04:10. */
export function calendar(ms: number): string {
  const date = new Date(ms);
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${WEEKDAYS[date.getUTCDay()]} ${two(date.getUTCDate())} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
  return `${day} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
}
