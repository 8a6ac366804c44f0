/** The page of a comparison, to be read: first where others are better, then everything. */
import { type BetterPeer, betterFailovers, betterPeers } from './better.ts';
import type { Comparison, FailoverFigures, LoadFigures, Loss, PeerFigures } from './figures.ts';
import type { PeerKind } from './peer.ts';
import { ALONE, LAG_MS, PACE, TOGETHER } from './plan.ts';
import type { Spread } from './statistics.ts';

const KINDS: Readonly<Record<PeerKind, string>> = {
  'a call each': 'Each value asked of a server',
  'in process': 'Out of the memory of the caller',
  durable: 'Durable, with a row of the application',
};

export function comparisonPage(comparison: Comparison): string {
  const { peers, failovers } = comparison;
  return [
    '# Side by side: seqcast and what people use today',
    '',
    ...preamble(comparison),
    '## Where others are better',
    '',
    ...betterSection([...betterPeers(peers), ...betterFailovers(failovers)]),
    ...(Object.keys(KINDS) as PeerKind[]).flatMap((kind) => kindSection(kind, peers)),
    '## A Redis that fails over to a replica that lags',
    '',
    ...failoverSection(failovers),
    '## How it was measured',
    '',
    ...method(comparison),
    '',
  ].join('\n');
}

function preamble({ command, commit, date, machine, seed, seconds, isQuick, leftOut }: Comparison): string[] {
  const engines = Object.entries(machine.engines).map(([name, version]) => `${name} ${version}`);
  const where = `${machine.cores} cores (${machine.cpu}), ${machine.memoryGb} GB, load ${machine.load.map((each) => each.toFixed(1)).join(', ')} before it began`;
  return [
    `\`${command}\` at ${commit}, ${date}, seed ${seed}, ${seconds} s. ${where}. ${['Node', machine.node].join(' ')}, ${engines.join(', ')}.`,
    '',
    ...(isQuick ? ['**A quick run: it shows that all of it works. Its figures are not to be quoted.**', ''] : []),
    ...(leftOut.length > 0 ? ['Left out or failed:', '', ...leftOut.map((each) => `- ${each}`), ''] : []),
  ];
}

function betterSection(all: readonly BetterPeer[]): string[] {
  if (all.length === 0) return ['Nowhere in this run.', ''];
  const groups = new Map<string, BetterPeer[]>();
  for (const each of all) groups.set(`${each.measure}\n${each.ours}`, [...(groups.get(`${each.measure}\n${each.ours}`) ?? []), each]);
  const rows = [...groups.values()].map((group) => {
    const [{ measure, ours, ourFigure, unit }] = group as [BetterPeer];
    const others = group.map(({ peer, peerFigure, times, isCertain }) => `${peer} ${shown(peerFigure)}${remark(times, isCertain)}`);
    return `| ${measure} | ${ours} | ${shown(ourFigure)} ${unit} | ${others.join('; ')} |`;
  });
  return [
    'Each way of ours against every peer of its kind, by medians; in brackets how many times better the other one is.',
    '',
    '| of what | ours | | better |',
    '|---|---|---|---|',
    ...rows,
    '',
  ];
}

function kindSection(kind: PeerKind, all: readonly PeerFigures[]): string[] {
  const peers = all.filter((peer) => peer.kind === kind);
  if (peers.length === 0) return [];
  return [
    `## ${KINDS[kind]}`,
    '',
    `| | values/s, ${ALONE} caller | p50 ms | p99 ms | p999 ms | values/s, ${TOGETHER} callers | p50 ms | p99 ms | p999 ms |`,
    `|${'---|'.repeat(9)}`,
    ...peers.map(({ title, isOurs, alone, together }) => `| ${name(title, isOurs)} | ${loadCells(alone)} | ${loadCells(together)} |`),
    '',
    '| | idle stock | burnt: caller killed | caller stopped | servers killed | servers restarted | given out again | next value after | gaps | in order | duplicates |',
    `|${'---|'.repeat(11)}`,
    ...peers.map((peer) => `| ${name(peer.title, peer.isOurs)} | ${promiseCells(peer).join(' | ')} |`),
    '',
  ];
}

function loadCells({ perSecond, p50Ms, p99Ms, p999Ms }: LoadFigures): string {
  return [perSecond, p50Ms, p99Ms, p999Ms].map(cell).join(' | ');
}

function promiseCells({ idle, together, callerKilled, callerStopped, serverKilled, serverStopped, answers }: PeerFigures): string[] {
  const burnt = (loss: Loss | undefined): string => (loss === undefined ? '–' : cell(loss.burnt));
  const { gaps, outOfOrder, outOfOrderOfCaller, values, duplicates } = answers;
  const order =
    outOfOrder === 0 ? 'yes' : `${outOfOrderOfCaller === 0 ? 'each caller' : 'no'}: ${shown(outOfOrder)} of ${shown(values)} not`;
  return [
    `${shown(idle.mean)} (${shown(idle.min)} – ${shown(idle.max)})${idle.mean === 0 ? '' : `, ${shown(idle.mean / together.perSecond.median)} s`}`,
    ...[callerKilled, callerStopped, serverKilled, serverStopped].map(burnt),
    serverKilled === undefined ? '–' : cell(serverKilled.again),
    serverKilled?.silentMs === undefined ? '–' : `${cell(serverKilled.silentMs)} ms`,
    gaps === undefined ? 'not counted' : gaps === 0 ? 'none' : shown(gaps),
    order,
    String(duplicates),
  ];
}

function failoverSection(failovers: readonly FailoverFigures[]): string[] {
  if (failovers.length === 0) return ['Not measured.', ''];
  return [
    `Callers ask all the time; the replica falls ${LAG_MS} ms behind, the primary is killed, the replica is promoted, and callers are led to it.`,
    '',
    '| | values taken | given out twice | burnt | silence, ms |',
    '|---|---|---|---|---|',
    ...failovers.map(
      ({ title, isOurs, taken, duplicates, burnt, silentMs }) =>
        `| ${name(title, isOurs)} | ${[taken, duplicates, burnt, silentMs].map(cell).join(' | ')} |`,
    ),
    '',
  ];
}

function method({ peers, plan }: Comparison): string[] {
  return [
    `Medians of ${plan.runs} runs of ${plan.runMs} ms each, with their ranges in brackets. The peers take turns within each run, and each run begins`,
    'with another one. A caller asks again as soon as it is answered; all callers are in one process, which is on the machine of the servers.',
    'Each call is timed, and of those out of memory one in seventeen, looking at the clock included; of fewer than a thousand calls p999 is the',
    'slowest, of fewer than a hundred p99, too. A median of an even number of runs is the upper one. Idle stock is what is set aside and not given',
    'out at the end of each run; its mean is shown, with its range, and for how long it would last under that load.',
    '',
    `Callers that end took ${plan.takenMin} to ${plan.takenMax} values at ${PACE.toLocaleString('en')} a second, ${plan.callerEnds} times each way. Servers end ${plan.serverEnds}`,
    `times each way, all of them at once, after ${plan.takenOfServer} to ${2 * plan.takenOfServer} values: what ours loses then is the stock of a counter that is new; under`,
    'load it is the idle stock. What was burnt is told by the next value, and of ours by its audit: issued, burnt and in doubt, less what callers',
    'received. "Given out again" counts values that a caller had before the servers were killed. In order means that a call that began after another',
    'had ended got the greater value.',
    '',
    '| | how |',
    '|---|---|',
    ...peers.map(({ title, isOurs, how }) => `| ${name(title, isOurs)} | ${how} |`),
  ];
}

function name(title: string, isOurs: boolean): string {
  return isOurs ? `**${title}**` : title;
}

function cell({ median, min, max }: Spread): string {
  return min === max ? shown(median) : `${shown(median)} (${shown(min)} – ${shown(max)})`;
}

/** Nothing is no multiple of anything. */
function remark(times: number, isCertain: boolean): string {
  const words = [...(Number.isFinite(times) ? [ratio(times)] : []), ...(isCertain ? [] : ['ranges overlap'])];
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}

function ratio(times: number): string {
  return `${times >= 100 ? Math.round(times).toLocaleString('en') : times.toPrecision(3)} x`;
}

function shown(value: number): string {
  if (Number.isInteger(value) || value >= 1_000) return Math.round(value).toLocaleString('en');
  return value >= 0.001 ? value.toPrecision(3) : value.toFixed(5);
}
