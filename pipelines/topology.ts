/**
 * The flow as data: which stage reads and writes which topic. `seqcast topology` prints it, the picture in the docs is drawn from
 * it, and a test holds it against the stages' headers.
 */
import { TOPICS } from '../schemas/topics.ts';

export interface StageNode {
  readonly name: 'consumption' | 'forecast' | 'allocation' | 'filling';
  readonly question: string;
  readonly consumes: readonly string[];
  readonly produces: readonly string[];
}

const topic = (key: keyof typeof TOPICS): string => TOPICS[key].name;

/** In flow order; the words of the design are the names of the files. */
export const STAGES: readonly StageNode[] = [
  { name: 'consumption', question: 'what was asked for?', consumes: [], produces: [topic('consumption')] },
  { name: 'forecast', question: 'what will be asked for?', consumes: [topic('consumption')], produces: [topic('forecasts')] },
  {
    name: 'allocation',
    question: 'how much to whom?',
    consumes: [topic('forecasts'), topic('orders'), topic('announcements'), topic('members'), topic('ranges'), topic('shards')],
    produces: [topic('ranges'), topic('shards')],
  },
  {
    name: 'filling',
    question: 'what is on the shelf?',
    consumes: [topic('ranges'), topic('shards'), topic('forecasts')],
    produces: [topic('shards'), topic('orders'), topic('members')],
  },
];

/** One line a stage, readable in a terminal. */
export function topologyText(stages: readonly StageNode[] = STAGES): string {
  const lines = stages.map(({ name, question, consumes, produces }) => {
    const from = consumes.length > 0 ? consumes.join(', ') : 'calls of clients';
    return `${name.padEnd(11)} ${question.padEnd(24)} ${from}\n${' '.repeat(36)} -> ${produces.join(', ')}`;
  });
  return `${lines.join('\n')}\n`;
}

/** A Mermaid flow chart: stages as boxes, topics as cylinders. */
export function topologyMermaid(stages: readonly StageNode[] = STAGES): string {
  const id = (name: string): string => name.replaceAll(/[^a-z]/g, '_');
  const topics = [...new Set(stages.flatMap((stage) => [...stage.consumes, ...stage.produces]))];
  const lines = [
    'flowchart LR',
    '  clients([clients]) -->|next| filling',
    '  filling -->|values| clients',
    '  filling -->|cursors| consumption',
  ];
  for (const stage of stages) lines.push(`  ${stage.name}["${stage.name}<br/><i>${stage.question}</i>"]`);
  for (const name of topics) lines.push(`  ${id(name)}[("${name}")]`);
  for (const stage of stages) {
    for (const name of stage.consumes) lines.push(`  ${id(name)} --> ${stage.name}`);
    for (const name of stage.produces) lines.push(`  ${stage.name} --> ${id(name)}`);
  }
  return `${lines.join('\n')}\n`;
}
