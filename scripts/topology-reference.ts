/** The picture of the flow and the table of topics, drawn from pipelines/topology.ts and schemas/topics.ts. */
import { STAGES, topologyMermaid } from '../pipelines/topology.ts';
import { TOPICS, type Topic } from '../schemas/topics.ts';

const DAY_MS = 86_400_000;

export function topologyReference(): string {
  const topics: Topic[] = Object.values(TOPICS);
  return [
    '# Topology',
    '',
    '<!-- Written by `npm run docs` from pipelines/topology.ts and schemas/topics.ts: change them there. -->',
    '',
    '```mermaid',
    '%% docs/images/topology.svg',
    topologyMermaid().trimEnd(),
    '```',
    '',
    '| stage | asks |',
    '|---|---|',
    ...STAGES.map(({ name, question }) => `| [${name}](../../pipelines/${name}.ts) | ${question} |`),
    '',
    '## Topics',
    '',
    'On the embedded default a topic is a log in the data directory; the messages are Avro in either case (`schemas/avro/`).',
    '',
    '| topic | partitioned by | carries | kept |',
    '|---|---|---|---|',
    ...topics.map(
      ({ name, partitionedBy, kinds, retentionMs }) => `| \`${name}\` | ${partitionedBy} | ${kinds.join(', ')} | ${kept(retentionMs)} |`,
    ),
    '',
  ].join('\n');
}

function kept(retentionMs: Topic['retentionMs']): string {
  if (typeof retentionMs !== 'number') return retentionMs.replaceAll('-', ' ');
  const days = retentionMs / DAY_MS;
  return days === 1 ? '1 day' : `${days} days`;
}
