/** `allocators`, `route`: who is there, who owns what, and where a caller's values come from. */
import type { Command } from 'commander';
import type { FoundPool, MemberView } from '../../workers/runtime/service/service.ts';
import { writeAnswer } from '../answer.ts';
import type { CliContext, ServerOptions } from '../cli-context.ts';
import { serverOptions } from '../command-options.ts';
import { callServer, path } from '../server-call.ts';
import { fields, table, timeText } from '../table.ts';
import type { Terminal } from '../terminal.ts';

interface RouteOptions extends ServerOptions {
  readonly clientId?: string;
  readonly clientType?: string;
  readonly service?: string;
}

export function addMembers(program: Command, cli: CliContext): void {
  const members = async (options: ServerOptions, roles: readonly MemberView['role'][]): Promise<MemberView[]> => {
    const answer = (await callServer(cli, options, { method: 'GET', path: '/v1/members' })) as { readonly members: readonly MemberView[] };
    return answer.members.filter(({ role }) => roles.includes(role));
  };
  serverOptions(
    program.command('allocators').description('Shows which allocator owns which partitions, since when, and the last take-over.'),
  ).action(async (options: ServerOptions) => {
    const allocators = await members(options, ['allocator']);
    writeAnswer(cli, options, { allocators }, (terminal) => allocatorsText(allocators, terminal));
  });
  serverOptions(
    program
      .command('route')
      .argument('<name>', 'the sequence')
      .description("Says where a caller's values come from: stream, shard, pool, endpoint.")
      .option('--client-id <id>', 'a registered client')
      .option('--client-type <type>', 'kind of caller')
      .option('--service <service>', 'what the values are for'),
  ).action(async (name: string, { clientId, clientType, service, ...options }: RouteOptions) => {
    const said = Object.entries({ clientId, clientType, service }).filter((each): each is [string, string] => each[1] !== undefined);
    const query = said.length === 0 ? '' : `?${new URLSearchParams(said).toString()}`;
    const found = (await callServer(cli, options, { method: 'GET', path: path`/v1/sequences/${name}/route` + query })) as FoundPool;
    const { stream, shard, pool = 'none', endpoint = 'none' } = found;
    const place = shard === undefined ? 'none yet' : `${shard.partition}:${shard.shard}`;
    writeAnswer(cli, options, found, () => fields({ stream, shard: place, pool, endpoint }));
  });
}

function allocatorsText(allocators: readonly MemberView[], terminal: Terminal): string {
  if (allocators.length === 0) return 'no allocator was heard of\n';
  const rows = allocators.map(({ member, state, partitions, ownedSinceMs, takeOvers, tookOverAtMs }) => [
    member,
    state,
    partitions.join(','),
    ownedSinceMs === 0 ? '' : timeText(ownedSinceMs),
    takeOvers,
    tookOverAtMs === 0 ? '' : timeText(tookOverAtMs),
  ]);
  return table(['allocator', 'state', 'owns', 'since', 'orders taken over', 'last take-over'], rows, terminal);
}
