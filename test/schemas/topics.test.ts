/** The table of topics is complete and says the same as the stages' messages. */

import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { KINDS, TOPICS } from '../../schemas/topics.ts';

const topics = Object.values(TOPICS);

describe('the topics', () => {
  it('have names of their own, all under one prefix', () => {
    expect(new Set(topics.map(({ name }) => name)).size).toBe(topics.length);
    for (const { name } of topics) expect(name).toMatch(/^seqcast\.[a-z]+(-[a-z]+)*$/);
  });

  it('carry every kind that has a schema, and no other', () => {
    const files = readdirSync('schemas/avro').filter((file) => file.endsWith('.avsc'));
    expect(files.map((file) => file.replace('.avsc', '')).sort()).toEqual([...KINDS].sort());
  });

  it('carry a kind in one topic only, but for the level of either ledger and what is copied to where it is folded', () => {
    const carriers = (kind: string) => topics.filter(({ kinds }) => (kinds as readonly string[]).includes(kind)).map(({ name }) => name);
    expect(KINDS.filter((kind) => carriers(kind).length !== 1)).toEqual(['ProfileSet', 'BurstDeclared', 'LevelRaised']);
    expect(carriers('ProfileSet')).toEqual(['seqcast.consumption', 'seqcast.profiles']);
    expect(carriers('BurstDeclared')).toEqual(['seqcast.consumption', 'seqcast.announcements']);
    expect(carriers('LevelRaised')).toEqual(['seqcast.ranges', 'seqcast.shards']);
  });

  it('keep the ledgers until they are trimmed', () => {
    expect(topics.filter(({ retentionMs }) => retentionMs === 'until-trimmed').map(({ name }) => name)).toEqual([
      'seqcast.ranges',
      'seqcast.shards',
    ]);
  });
});
