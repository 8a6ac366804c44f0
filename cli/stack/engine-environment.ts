/** The variables that say where the engines are, as `seqcast up` and the tests read them. */
import { type EngineName, LOOPBACK } from './engine-process.ts';
import { POSTGRES_NAME } from './postgres.ts';

export interface Reachable {
  readonly engine: EngineName;
  readonly name: string;
  readonly port: number;
}

export function engineEnvironment(processes: readonly Reachable[]): Record<string, string> {
  const brokers = processes.filter(({ engine }) => engine === 'kafka').map(({ port }) => `${LOOPBACK}:${port}`);
  const portOf = (wanted: string) => processes.find(({ name }) => name === wanted)?.port;
  const variables = {
    SEQCAST_KAFKA: brokers.length === 0 ? undefined : brokers.join(','),
    SEQCAST_REDIS: url('redis', portOf('redis')),
    SEQCAST_JOBS_REDIS: url('redis', portOf('redis-jobs')),
    SEQCAST_REDIS_REPLICA: url('redis', portOf('redis-replica')),
    SEQCAST_ETCD: url('http', portOf('etcd')),
    SEQCAST_POSTGRES: url('postgres', portOf('postgres'), `${POSTGRES_NAME}@`, `/${POSTGRES_NAME}`),
  };
  return Object.fromEntries(Object.entries(variables).filter((each): each is [string, string] => each[1] !== undefined));
}

function url(scheme: string, port: number | undefined, user = '', path = ''): string | undefined {
  return port === undefined ? undefined : `${scheme}://${user}${LOOPBACK}:${port}${path}`;
}
