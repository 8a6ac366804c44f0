/** `pools`, `pools drain`, `pools undrain`: what each pool does and can do, where streams moved, and taking a pool out of service. */
import type { Command } from 'commander';
import type { PoolsView, PoolView } from '../../workers/runtime/members/pool-views.ts';
import { writeAnswer } from '../answer.ts';
import type { CliContext, ServerOptions } from '../cli-context.ts';
import { serverOptions } from '../command-options.ts';
import { callServer, path } from '../server-call.ts';
import { table, timeText } from '../table.ts';
import type { Terminal } from '../terminal.ts';

interface DrainOptions extends ServerOptions {
  readonly wait?: boolean;
}

/** Moves that a terminal shows; `--json` has a hundred. */
const MOVES_SHOWN = 10;
/** Ranges of slots that a terminal shows of a pool. */
const RANGES_SHOWN = 3;
/** Between looks while a pool drains. */
const LOOK_MS = 1_000;
const PERCENT = 100;
const MS_PER_S = 1_000;

export function addPools(program: Command, cli: CliContext): void {
  const look = async (options: ServerOptions): Promise<PoolsView> =>
    (await callServer(cli, options, { method: 'GET', path: '/v1/pools' })) as PoolsView;
  const pools = serverOptions(
    program.command('pools').description('Shows the pools: load against capacity, streams, state, and the moves of the last hour.'),
  ).action(async (options: ServerOptions) => {
    const view = await look(options);
    writeAnswer(cli, options, view, (terminal) => poolsText(view, terminal));
  });
  serverOptions(
    pools
      .command('drain')
      .argument('<pool>', 'name of the pool')
      .description('Moves every stream of a pool to others and gives it nothing new; survives restarts, until it is taken back.')
      .option('--wait', 'says how far it is until the pool is empty'),
  ).action(async (name: string, { wait = false, ...options }: DrainOptions) => {
    let pool = (await callServer(cli, options, { method: 'POST', path: path`/v1/pools/${name}/drain` })) as PoolView;
    while (wait && pool.state !== 'drained') {
      if (options.json !== true) cli.out.write(`${progressText(pool)}\n`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      pool = (await look(options)).pools.find((each) => each.pool === name) ?? pool;
    }
    writeAnswer(cli, options, pool, () => `${progressText(pool)}\n`);
  });
  serverOptions(
    pools.command('undrain').argument('<pool>', 'name of the pool').description('Takes a drain back: the pool may be given streams again.'),
  ).action(async (name: string, options: ServerOptions) => {
    const pool = (await callServer(cli, options, { method: 'POST', path: path`/v1/pools/${name}/undrain` })) as PoolView;
    writeAnswer(cli, options, pool, () => `pool ${name} is ${pool.state}\n`);
  });
}

function progressText({ pool, state, streams, drain }: PoolView): string {
  if (state === 'drained') return `pool ${pool} is drained`;
  if (drain === undefined) return `pool ${pool} is ${state}`;
  const { streams: atFirst, endsAtMs } = drain;
  const done = atFirst === 0 ? '' : `, ${Math.max(0, Math.round((PERCENT * (atFirst - streams)) / atFirst))} % done`;
  const left = endsAtMs === undefined ? '' : `, about ${Math.max(1, Math.ceil((endsAtMs - Date.now()) / MS_PER_S))} s left`;
  return `pool ${pool} is draining: ${streams} streams left${done}${left}`;
}

/** How many a primary has, and where: after a resharding there may be hundreds of ranges. */
function slotsText(slots: PoolView['slots'] = []): string {
  if (slots.length === 0) return '';
  const count = slots.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  const ranges = slots.slice(0, RANGES_SHOWN).map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`));
  const more = slots.length > RANGES_SHOWN ? ` and ${slots.length - RANGES_SHOWN} more` : '';
  return `${count}: ${ranges.join(', ')}${more}`;
}

function poolsText({ pools, moves }: PoolsView, terminal: Terminal): string {
  if (pools.length === 0) return 'no pool was heard of\n';
  const isCluster = pools.some(({ slots }) => slots !== undefined);
  const rows = pools.map(({ pool, kind, state, streams, load, measured, capacity, movedIn, movedOut, slots, endpoint, fillers }) => [
    pool,
    kind,
    state,
    streams,
    `${(PERCENT * load).toFixed(1)} %`,
    `${measured.operationsPerSecond.toFixed(0)} of ${capacity.operationsPerSecond}/s`,
    measured.values,
    `${measured.latencyP99Ms.toFixed(1)} ms`,
    `${movedIn} in, ${movedOut} out`,
    ...(isCluster ? [slotsText(slots)] : []),
    endpoint,
    fillers.join(','),
  ]);
  const text = table(
    [
      ...['pool', 'kind', 'state', 'streams', 'load', 'calls', 'stock', 'p99', 'moves of the last hour'],
      ...(isCluster ? ['slots'] : []),
      ...['endpoint', 'fillers'],
    ],
    rows,
    terminal,
  );
  if (moves.length === 0) return text;
  const shown = moves
    .slice(0, MOVES_SHOWN)
    .map(({ atMs, stream, from, to, reason, why }) => [timeText(atMs), stream, from, to, reason, why]);
  return `${text}\n${table(['moved at', 'stream', 'from', 'to', 'because', 'why'], shown, terminal)}`;
}
