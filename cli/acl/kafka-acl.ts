/** Who may do what in Kafka: for each role what it reads, which is everything, and which topics are its word. */
import { TOPICS } from '../../schemas/topics.ts';

export interface KafkaRule {
  readonly principal: string;
  readonly resource: 'topic' | 'group' | 'cluster';
  readonly name: string;
  readonly pattern: 'literal' | 'prefixed';
  readonly operations: readonly string[];
}

type TopicKey = keyof typeof TOPICS;
const ROLES = ['gateway', 'allocator', 'forecaster', 'filler', 'jobs'] as const;
type Role = (typeof ROLES)[number];

/** Whose word a topic is. Nobody else writes there: what stands in the ledger is the truth. */
const WRITERS: Readonly<Record<TopicKey, readonly Role[]>> = {
  ranges: ['gateway', 'allocator'],
  shards: ['allocator', 'filler'],
  consumption: ['filler', 'forecaster'],
  orders: ['filler'],
  forecasts: ['forecaster'],
  announcements: ['gateway'],
  profiles: ['gateway'],
  members: ROLES,
  moves: ['allocator'],
  requests: [],
  values: ['gateway'],
  adoptions: ['gateway'],
  models: ['gateway', 'forecaster', 'jobs'],
  snapshots: ['allocator', 'forecaster'],
  deadLetters: ROLES,
};
/** Names and versions of an installation, written by whoever starts first. */
const IDENTITY = 'seqcast.identity';

export function kafkaRules(prefix: string): readonly KafkaRule[] {
  const topics = Object.entries(TOPICS) as [TopicKey, { readonly name: string }][];
  const roles = ROLES.flatMap((role) => {
    const principal = `User:${prefix}-${role}`;
    const written = [...topics.filter(([key]) => WRITERS[key].includes(role)).map(([, { name }]) => name), IDENTITY];
    return [
      {
        principal,
        resource: 'topic',
        name: 'seqcast.',
        pattern: 'prefixed',
        operations: ['Create', 'Read', 'Describe', 'DescribeConfigs'],
      },
      { principal, resource: 'group', name: 'seqcast-', pattern: 'prefixed', operations: ['Read', 'Describe'] },
      { principal, resource: 'cluster', name: 'kafka-cluster', pattern: 'literal', operations: ['Describe'] },
      ...written.map((name) => ({ principal, resource: 'topic', name, pattern: 'literal', operations: ['Write'] }) as const),
    ] as const satisfies readonly KafkaRule[];
  });
  const operator = `User:${prefix}-operator`;
  const application = `User:${prefix}-application`;
  return [
    ...roles,
    // Who trims the ledger cuts records off.
    {
      principal: operator,
      resource: 'topic',
      name: 'seqcast.',
      pattern: 'prefixed',
      operations: ['Read', 'Describe', 'DescribeConfigs', 'Delete'],
    },
    { principal: application, resource: 'topic', name: TOPICS.requests.name, pattern: 'literal', operations: ['Write', 'Describe'] },
    { principal: application, resource: 'topic', name: TOPICS.values.name, pattern: 'literal', operations: ['Read', 'Describe'] },
  ];
}

export function kafkaCommands(rules: readonly KafkaRule[]): string {
  const lines = rules.map(({ principal, resource, name, pattern, operations }) => {
    const where = resource === 'cluster' ? '--cluster' : `--${resource} ${name} --resource-pattern-type ${pattern}`;
    return `kafka-acls.sh --bootstrap-server "$BROKERS" --command-config admin.properties --add --allow-principal ${principal} ${where} ${operations.map((each) => `--operation ${each}`).join(' ')}`;
  });
  return `${lines.join('\n')}\n`;
}
