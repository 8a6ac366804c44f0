/** How Kafka is reached, from the configuration. */
import { SequenceError } from '../../../core/errors.ts';
import type { Config } from './config-schema.ts';

/** Throws `SEQ_CONFIG_INVALID` where a user is missing. */
export function kafkaOptions(config: Config) {
  const { kafka = '', kafkaReplication, kafkaTls, kafkaCaFile, kafkaSasl, kafkaUser, kafkaPassword } = config;
  if (kafkaSasl !== undefined && (kafkaUser === undefined || kafkaPassword === undefined)) {
    throw new SequenceError('SEQ_CONFIG_INVALID', '--kafka-sasl needs --kafka-user and SEQCAST_KAFKA_PASSWORD');
  }
  return {
    brokers: kafka.split(','),
    clientId: 'seqcast',
    ...(kafkaReplication !== undefined && { replication: kafkaReplication }),
    ...(kafkaTls && { tls: { ...(kafkaCaFile !== undefined && { caFile: kafkaCaFile }) } }),
    ...(kafkaSasl !== undefined && { sasl: { mechanism: kafkaSasl, username: kafkaUser ?? '', password: kafkaPassword ?? '' } }),
  };
}
