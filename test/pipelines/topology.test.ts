import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { STAGES, topologyMermaid, topologyText } from '../../pipelines/topology.ts';
import { TOPICS } from '../../schemas/topics.ts';

const NAMES = STAGES.map((stage) => stage.name);

/** The topics that one of the six lines at the head of a stage file names. */
function topicsOf(stage: string, line: 'Consumes' | 'Produces'): string[] {
  const text = readFileSync(`pipelines/${stage}.ts`, 'utf8');
  const found = text.split('\n').find((each) => each.startsWith(` * ${line} `));
  return [...(found ?? '').matchAll(/seqcast\.[a-z]+(-[a-z]+)*/g)].map(([name]) => name);
}

describe('the topology', () => {
  test('has the four stages in flow order', () => {
    expect(NAMES).toEqual(['consumption', 'forecast', 'allocation', 'filling']);
  });

  test('names topics that exist', () => {
    const names = Object.values(TOPICS).map((topic) => topic.name);
    for (const stage of STAGES) for (const topic of [...stage.consumes, ...stage.produces]) expect(names).toContain(topic);
  });

  test.each(NAMES)('knows every topic that the head of the %s stage names', (name) => {
    const stage = STAGES.find((each) => each.name === name);
    for (const topic of topicsOf(name, 'Consumes')) expect(stage?.consumes).toContain(topic);
    expect(topicsOf(name, 'Produces').length).toBeGreaterThan(0);
    for (const topic of topicsOf(name, 'Produces')) expect(stage?.produces).toContain(topic);
  });

  test('connects the stages: whatever one of them reads of another is written by one', () => {
    const produced = new Set<string>(STAGES.flatMap((stage) => [...stage.produces]));
    const fromOutside = [TOPICS.announcements.name];
    for (const topic of STAGES.flatMap((stage) => [...stage.consumes])) expect([...produced, ...fromOutside]).toContain(topic);
  });

  test('prints every stage with its question and its topics as text', () => {
    const text = topologyText();
    for (const { name, question, consumes, produces } of STAGES) {
      expect(text).toMatch(new RegExp(`^${name} `, 'm'));
      for (const word of [question, ...consumes, ...produces]) expect(text).toContain(word);
    }
    expect(text.endsWith('\n')).toBe(true);
    expect(text.split('\n')).toHaveLength(2 * STAGES.length + 1);
  });

  test('prints every stage and every arrow as a Mermaid chart, each topic once', () => {
    const lines = topologyMermaid().trimEnd().split('\n');
    expect(lines[0]).toBe('flowchart LR');
    for (const { name, consumes, produces } of STAGES) {
      expect(lines.filter((line) => line.startsWith(`  ${name}["`))).toHaveLength(1);
      for (const topic of consumes) expect(lines).toContain(`  ${topic.replaceAll(/[^a-z]/g, '_')} --> ${name}`);
      for (const topic of produces) expect(lines).toContain(`  ${name} --> ${topic.replaceAll(/[^a-z]/g, '_')}`);
    }
    expect(lines.filter((line) => line.includes('[("seqcast.shards")]'))).toHaveLength(1);
    expect(new Set(lines).size).toBe(lines.length);
  });
});
