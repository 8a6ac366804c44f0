/** Looks at a Kafka as the log does when it opens it, and creates nothing. */
import type { EngineFacts } from '../engines/engine-facts.ts';
import type { KafkaAddress } from './address.ts';
import { openAdmin, refusalOf } from './admin.ts';
import { checkTopics } from './topics.ts';

/** With fewer a broker that is lost takes records with it, or stops appends. */
const BROKERS_MIN = 3;

/** Throws `SEQ_ENGINE_UNREACHABLE`, or `SEQ_ENGINE_UNUSABLE` for topics that could lose or rewrite the ledger. */
export async function examineKafka(address: KafkaAddress): Promise<EngineFacts> {
  const { client, admin } = await openAdmin(address);
  try {
    const { brokers } = await admin.describeCluster().catch((error: unknown) => {
      throw refusalOf(address, error);
    });
    const topics = await checkTopics(admin, '');
    const few = `${brokers.length === 1 ? 'one broker' : `${brokers.length} brokers`} only: what is lost with a broker's disk is lost; run three`;
    const notes = [
      brokers.length === 1 ? 'one broker' : `${brokers.length} brokers`,
      topics === 0 ? 'no topics of seqcast yet' : `${topics} topics of seqcast with settings that hold`,
    ];
    return { notes, warnings: brokers.length < BROKERS_MIN ? [few] : [] };
  } finally {
    await admin.disconnect().catch(() => undefined);
    client.destroy();
  }
}
