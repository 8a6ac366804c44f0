/** The rules for Kafka: nobody but its owner writes a topic, and no topic is forgotten. */
import { expect, it } from 'vitest';
import { kafkaCommands, kafkaRules } from '../../../cli/acl/kafka-acl.ts';
import { TOPICS } from '../../../schemas/topics.ts';

const rules = kafkaRules('seqcast');
const writersOf = (name: string): string[] =>
  rules.filter((each) => each.name === name && each.operations.includes('Write')).map(({ principal }) => principal);

it('gives every topic a writer, and the ledger to those whose word it is', () => {
  for (const { name } of Object.values(TOPICS)) expect([name, writersOf(name).length]).not.toEqual([name, 0]);
  expect(writersOf('seqcast.ranges')).toEqual(['User:seqcast-gateway', 'User:seqcast-allocator']);
  expect(writersOf('seqcast.shards')).toEqual(['User:seqcast-allocator', 'User:seqcast-filler']);
  expect(writersOf('seqcast.requests')).toEqual(['User:seqcast-application']);
});

it('gives Delete to the operator alone, and Write to nobody by a prefix', () => {
  expect(rules.filter(({ operations }) => operations.includes('Delete')).map(({ principal }) => principal)).toEqual([
    'User:seqcast-operator',
  ]);
  expect(rules.filter(({ pattern, operations }) => pattern === 'prefixed' && operations.includes('Write'))).toEqual([]);
});

it('is written as commands that name each rule whole', () => {
  const lines = kafkaCommands(rules).trimEnd().split('\n');
  expect(lines).toHaveLength(rules.length);
  expect(lines).toContain(
    'kafka-acls.sh --bootstrap-server "$BROKERS" --command-config admin.properties --add --allow-principal User:seqcast-allocator --topic seqcast.shards --resource-pattern-type literal --operation Write',
  );
});
