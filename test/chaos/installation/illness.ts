/** What is found of an installation that does not get well: what each worker says of itself, and how its groups stand with Kafka. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import type { Workers } from './workers.ts';

const ANSWER_TIMEOUT_MS = 3_000;
const PATHS = ['/readyz', '/metrics', '/v1/status', '/v1/pools'];

/** Into `DIRECTORY/illness-WORKER.txt` and `DIRECTORY/illness-kafka.json`. */
export async function noteIllness(directory: string, workers: Workers, brokers: readonly string[]): Promise<void> {
  await Promise.all(
    workers.all.map(async ({ name, url }) => {
      const said = await Promise.all(PATHS.map(async (path) => `${path}\n${await answerAt(url + path)}`));
      writeFileSync(join(directory, `illness-${name}.txt`), said.join('\n\n'));
    }),
  );
  writeFileSync(join(directory, 'illness-kafka.json'), JSON.stringify(await groupsAt(brokers), null, 1));
}

async function answerAt(url: string): Promise<string> {
  try {
    return await (await fetch(url, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) })).text();
  } catch (error) {
    return String(error);
  }
}

async function groupsAt(brokers: readonly string[]): Promise<unknown> {
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING, retry: { retries: 2 } }).admin();
  try {
    await admin.connect();
    const { groups } = await admin.listGroups();
    const own = groups.map(({ groupId }) => groupId).filter((group) => !group.startsWith('seqcast-client-'));
    const described = (await admin.describeGroups(own)).groups.map(({ groupId, state, members }) => ({
      ...{ groupId, state },
      members: members.map(({ memberId, memberAssignment }) => ({ memberId, assigned: memberAssignment.toString('latin1') })),
    }));
    const committed = await Promise.all(own.map(async (groupId) => ({ groupId, topics: await admin.fetchOffsets({ groupId }) })));
    return { described, committed, ends: await admin.fetchTopicOffsets('seqcast.requests') };
  } catch (error) {
    return String(error);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
