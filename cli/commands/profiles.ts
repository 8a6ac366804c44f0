/** `seqcast profiles`: what streams of a client type are expected to ask for before they have a history. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ProfileView } from '../../workers/runtime/expectations/expectation-views.ts';
import { writeAnswer } from '../answer.ts';
import type { CliContext, ServerOptions } from '../cli-context.ts';
import { numberOf, serverOptions } from '../command-options.ts';
import { callServer, path } from '../server-call.ts';
import { fields, table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

interface OfOptions extends ServerOptions {
  readonly service?: string;
  readonly sequence?: string;
}

interface SetOptions extends OfOptions {
  readonly pattern: ProfileView['pattern'];
  readonly rate: number;
  readonly restShare?: number;
  readonly days?: readonly number[];
  readonly from?: number;
  readonly until?: number;
  readonly utcOffset?: number;
}

const PATTERNS = ['steady', 'office-hours', 'hourly-batch', 'end-of-month'];
const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

export function addProfiles(program: Command, cli: CliContext): void {
  const profiles = program
    .command('profiles')
    .description('Says what streams of a client type are expected to ask for before they have a history.');
  serverOptions(profiles.command('list').description('Lists all profiles.')).action(async (options: ServerOptions) => {
    const answer = (await callServer(cli, options, { method: 'GET', path: '/v1/profiles' })) as {
      readonly profiles: readonly ProfileView[];
    };
    writeAnswer(cli, options, answer, (terminal) => listText(answer.profiles, terminal));
  });
  ofOptions(
    profiles
      .command('set')
      .argument('<client-type>')
      .description('Sets a profile: `seqcast profiles set web --pattern office-hours --rate 200 --rest-share 0.05 --utc-offset +01:00`.')
      .addOption(new Option('--pattern <pattern>', 'how demand comes').choices(PATTERNS).makeOptionMandatory())
      .requiredOption('--rate <n>', 'values per second while active', numberOf)
      .option('--rest-share <share>', 'share of that rate outside, 0 to 1 (default: 0)', numberOf)
      .option('--days <days>', 'mon-fri, sat,sun, or all; of end-of-month days from the last: 1,2,3 (the defaults)', daysOf)
      .option('--from <time>', 'begin: 08:00 of the local day; of hourly-batch the minute of the hour, 0', minuteOf)
      .option('--until <time>', 'end, likewise: 18:00, or 5; before the begin it lies in the next day or hour', minuteOf)
      .option('--utc-offset <offset>', 'local time minus UTC: +01:00, -05:30 (default: +00:00)', offsetOf),
  ).action(async (clientType: string, options: SetOptions) => await set(cli, clientType, options));
  ofOptions(profiles.command('remove').argument('<client-type>').description('Removes a profile.')).action(
    async (clientType: string, options: OfOptions) => {
      await callServer(cli, options, { method: 'DELETE', path: profilePath(clientType, options) });
      const { service, sequence } = options;
      writeAnswer(cli, options, { removed: { clientType, service, sequence } }, () => `removed ${clientType}\n`);
    },
  );
}

async function set(cli: CliContext, clientType: string, options: SetOptions): Promise<void> {
  const { pattern, rate, restShare, days, from: fromMinute, until, utcOffset: utcOffsetMinutes } = options;
  const cycle = pattern === 'hourly-batch' ? 60 : 1_440;
  const untilMinute = until !== undefined && until <= (fromMinute ?? 0) ? until + cycle : until;
  const body = { pattern, rate, restShare, days, fromMinute, untilMinute, utcOffsetMinutes };
  const answer = (await callServer(cli, options, { method: 'PUT', path: profilePath(clientType, options), body })) as ProfileView;
  writeAnswer(cli, options, answer, () => fields(shownFields(answer)));
}

function ofOptions(command: Command): Command {
  return serverOptions(
    command
      .option('--service <service>', 'for this service only (default: all)')
      .option('--sequence <sequence>', 'for this sequence only (default: all)'),
  );
}

function profilePath(clientType: string, { service, sequence }: OfOptions): string {
  const query = new URLSearchParams({ ...(service !== undefined && { service }), ...(sequence !== undefined && { sequence }) }).toString();
  return `${path`/v1/profiles/${clientType}`}${query === '' ? '' : `?${query}`}`;
}

function listText(profiles: readonly ProfileView[], terminal: Terminal): string {
  if (profiles.length === 0) return 'no profiles are set: set one with `seqcast profiles set CLIENT-TYPE`\n';
  const rows = profiles.map((each) => {
    const { clientType, service, sequence, pattern, rate, active, rest } = shownFields(each);
    return [clientType, service, sequence, pattern, rate, active, rest];
  });
  return table(['client type', 'service', 'sequence', 'pattern', 'rate', 'active', 'rest share'], rows, terminal);
}

function shownFields({ clientType, service = 'all', sequence = 'all', pattern, rate, restShare, ...span }: ProfileView) {
  return { clientType, service, sequence, pattern, rate, active: activeText(pattern, span), rest: restShare ?? '' };
}

function activeText(
  pattern: ProfileView['pattern'],
  span: Pick<ProfileView, 'days' | 'fromMinute' | 'untilMinute' | 'utcOffsetMinutes'>,
): string {
  if (pattern === 'steady') return 'always';
  const { days = [], fromMinute = 0, untilMinute = 0, utcOffsetMinutes = 0 } = span;
  const time = (minute: number): string => (pattern === 'hourly-batch' ? `minute ${minute % 60}` : clockText(minute));
  const day = (each: number): string => (pattern === 'end-of-month' ? `last ${each}` : (WEEKDAYS[each - 1] ?? ''));
  const on = days.length === 0 ? 'every day' : days.map(day).join(' ');
  return `${time(fromMinute)} to ${time(untilMinute)}, ${on}, UTC${utcOffsetMinutes < 0 ? '-' : '+'}${clockText(Math.abs(utcOffsetMinutes))}`;
}

function clockText(minute: number): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  return minute === 1_440 ? '24:00' : `${two(Math.floor(minute / 60) % 24)}:${two(minute % 60)}`;
}

/** `08:00`, or minutes alone. */
function minuteOf(text: string): number {
  const [, hours, minutes] = /^(?:(\d{1,2}):)?(\d{1,2})$/.exec(text) ?? [];
  if (minutes === undefined || Number(minutes) > 60 || Number(hours ?? 0) > 24) {
    throw new InvalidArgumentError('Write a time of day, 08:00, or a minute of the hour, 5.');
  }
  return Number(hours ?? 0) * 60 + Number(minutes);
}

function offsetOf(text: string): number {
  const [, sign, hours, minutes] = /^([+-])(\d{1,2}):(\d{2})$/.exec(text) ?? [];
  if (hours === undefined || minutes === undefined) throw new InvalidArgumentError('Write hours and minutes with a sign: +01:00.');
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

/** `all`, a list of weekdays or numbers, and spans of them. */
function daysOf(text: string): readonly number[] {
  if (text === 'all') return [];
  const days = text.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(dayOf);
    if (last < first || part.split('-').length > 2) throw new InvalidArgumentError('Write days as mon-fri, or sat,sun, or 1,2,3.');
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
  return [...new Set(days)];
}

function dayOf(text: string): number {
  const day = WEEKDAYS.includes(text) ? WEEKDAYS.indexOf(text) + 1 : /^\d{1,2}$/.test(text) ? Number(text) : 0;
  if (day === 0) throw new InvalidArgumentError('Write days as mon-fri, or sat,sun, or 1,2,3.');
  return day;
}
