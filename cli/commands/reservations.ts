/** `seqcast reserve`, `confirm`, `cancel` and `voids`: numbers without a gap. */
import type { Command } from 'commander';
import { COUNT_MAX } from '../../core/limits.ts';
import type { ReservationView, VoidView } from '../../workers/runtime/reservations/reservation-service.ts';
import { writeAnswer } from '../answer.ts';
import type { CliContext, ServerOptions } from '../cli-context.ts';
import { durationOf, numberOf, serverOptions } from '../command-options.ts';
import { callServer, path } from '../server-call.ts';
import { fields, table, timeText } from '../table.ts';
import type { Terminal } from '../terminal.ts';

/** A page of the report, as the server gives it. */
const PAGE = 1_000;

interface ReserveOptions extends ServerOptions {
  readonly key: string;
  readonly number: number;
  readonly ttl?: number;
  readonly owner?: string;
}

interface EndOptions extends ServerOptions {
  readonly by?: string;
  readonly because?: string;
}

type EndNames = readonly [first: string, id: string | undefined];
type EndArguments = readonly [...EndNames, options: EndOptions];

interface VoidPage {
  readonly voids: readonly VoidView[];
  readonly next?: number;
}

export function addReservations(program: Command, cli: CliContext): void {
  const reserve = program
    .command('reserve')
    .argument('<name>')
    .description('Reserves the next numbers of a gapless sequence, and writes the id to confirm or cancel by. Given up numbers come first.')
    .requiredOption('--key <key>', 'your own name for this: the same key gives the same numbers again')
    .option('-n, --number <count>', `how many, at most ${COUNT_MAX}`, numberOf, 1)
    .option('--ttl <duration>', 'how long they are held: 30s, 10m, 1h (default: 1m)', durationOf)
    .option('--owner <words>', 'who asks, for the void report');
  serverOptions(reserve).action(async (name: string, { key, number: count, ttl, owner, url, json }: ReserveOptions) => {
    const body = { count, ...(ttl !== undefined && { ttlMs: ttl }), ...(owner !== undefined && { owner }) };
    const call = { method: 'POST', path: path`/v1/sequences/${name}/reservations`, body, headers: { 'idempotency-key': key } } as const;
    const reservation = (await callServer(cli, { url }, call)) as ReservationView;
    writeAnswer(cli, { json }, reservation, () => reservationText(reservation));
  });

  const confirm = endCommand(program, 'confirm', 'Confirms a reservation: its numbers are in use for ever.');
  serverOptions(confirm).action((...[first, id, options]: EndArguments) => end(cli, 'confirm', [first, id], options));

  const cancel = endCommand(program, 'cancel', 'Cancels a reservation: its numbers are the next to be reserved.');
  cancel.requiredOption('--because <words>', 'why, for the void report');
  serverOptions(cancel).action((...[first, id, options]: EndArguments) => end(cli, 'cancel', [first, id], options));

  const voids = program
    .command('voids')
    .argument('<name>')
    .description('Lists every number up to the highest one reserved that is not confirmed: why, when and by whom.')
    .option('--generation <id>', 'of an earlier generation', numberOf);
  serverOptions(voids).action(async (name: string, { generation, ...options }: ServerOptions & { readonly generation?: number }) => {
    const found = await allVoids(cli, options, name, generation);
    writeAnswer(cli, options, { voids: found }, (terminal) => voidsText(found, terminal));
  });
}

function endCommand(program: Command, name: 'confirm' | 'cancel', description: string): Command {
  return program
    .command(name)
    .argument('<id>', 'id of the reservation; its sequence may stand before it')
    .argument('[id-after-name]', 'the id, where the sequence stands before it')
    .description(description)
    .option('--by <words>', 'who says so');
}

/** With one argument it is the id, which names its sequence; with two the sequence stands before it. */
async function end(cli: CliContext, what: 'confirm' | 'cancel', [first, id]: EndNames, options: EndOptions): Promise<void> {
  const { by, because, ...rest } = options;
  const body = { ...(by !== undefined && { by }), ...(because !== undefined && { because }) };
  const to = id === undefined ? path`/v1/reservations/${first}/${what}` : path`/v1/sequences/${first}/reservations/${id}/${what}`;
  const call = { method: 'POST', path: to, body } as const;
  const reservation = (await callServer(cli, rest, call)) as ReservationView;
  writeAnswer(cli, rest, reservation, () => reservationText(reservation));
}

async function allVoids(cli: CliContext, options: ServerOptions, name: string, generation: number | undefined): Promise<VoidView[]> {
  const found: VoidView[] = [];
  const of = generation === undefined ? '' : `&generation=${generation}`;
  for (let from: number | undefined = 1; from !== undefined; ) {
    const to = `${path`/v1/sequences/${name}/voids`}?from=${from}&limit=${PAGE}${of}`;
    const page = (await callServer(cli, options, { method: 'GET', path: to })) as VoidPage;
    found.push(...page.voids);
    from = page.next;
  }
  return found;
}

function reservationText({ id, state, values, formatted, expiresAtMs, endedAtMs }: ReservationView): string {
  const numbers = formatted ?? values;
  const time = state === 'reserved' ? { expires: timeText(expiresAtMs) } : { ended: timeText(endedAtMs) };
  return fields({ id, state, numbers: numbers.join(' '), ...time });
}

function voidsText(voids: readonly VoidView[], terminal: Terminal): string {
  if (voids.length === 0) return 'every number up to the highest one is confirmed\n';
  const rows = voids.map(({ value, formatted, state, why, atMs, by, reservation }) => [
    formatted ?? String(value),
    state,
    why,
    timeText(atMs),
    by,
    reservation,
  ]);
  return table(['number', 'state', 'why', 'when', 'by', 'reservation'], rows, terminal);
}
