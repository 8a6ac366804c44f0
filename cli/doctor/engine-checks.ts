/** The engines of a configuration, each looked at as a server would when it starts: version, settings, memory, and its clock against ours. */
import type { EngineFacts } from '../../adapters/engines/engine-facts.ts';
import type { RedisNeed } from '../../adapters/redis-server/examination.ts';
import { SequenceError } from '../../core/errors.ts';
import type { Config } from '../../workers/runtime/process/config.ts';
import { type Check, check, told } from './check.ts';

/** The stock is kept by Redis Functions, which came with it. */
const REDIS_MAJOR_MIN = 7;
/** Ends of periods, bursts that were announced and expiries come this much too early or too late. */
const SKEW_MS_MAX = 500;

type Question = readonly [engine: string, ask: () => Promise<EngineFacts>];

export async function engineChecks(config: Config): Promise<readonly Check[]> {
  const questions = [...clusterQuestions(config), ...(await redisQuestions(config)), ...otherQuestions(config)];
  const answers = await Promise.all(questions.map(answered));
  const sentinel = 'the Redis that Sentinels name is looked at when the server starts, not here';
  return [...(await storeChecks(config)), ...(config.redisSentinel === undefined ? [] : [check('ok', sentinel)]), ...answers.flat()];
}

/** What the settings alone say. */
async function storeChecks(config: Config): Promise<readonly Check[]> {
  if (config.kafka === undefined || !config.redisCluster) return [];
  try {
    const { checkStores } = await import('../../workers/runtime/shared/pool-stores.ts');
    checkStores(config);
    return [];
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).split('\n').map((problem) => told('fail', problem));
  }
}

function clusterQuestions({ redis, redisCluster, redisCaFile: caFile }: Config): readonly Question[] {
  if (!redisCluster || redis === undefined) return [];
  const ask = async (): Promise<EngineFacts> => {
    const { examineRedisCluster } = await import('../../adapters/redis/cluster-examination.ts');
    return await examineRedisCluster({ url: redis, ...(caFile !== undefined && { caFile }) });
  };
  return [[`Redis Cluster of stock at ${shown(redis)}`, ask]];
}

/** Without Kafka only PostgreSQL is used; whatever else is named is looked at all the same, because it was meant. */
function otherQuestions({ kafka, etcd, postgres, ...config }: Config): readonly Question[] {
  const questions: Question[] = [];
  if (kafka !== undefined) {
    questions.push([
      `Kafka at ${kafka}`,
      async () => {
        const { kafkaOptions } = await import('../../workers/runtime/process/kafka-options.ts');
        const { examineKafka } = await import('../../adapters/kafka/examination.ts');
        return await examineKafka(kafkaOptions({ ...config, kafka }));
      },
    ]);
  }
  if (etcd !== undefined) {
    questions.push([`etcd at ${shown(etcd)}`, async () => await (await import('../../adapters/etcd/examination.ts')).examineEtcd(etcd)]);
  }
  if (postgres !== undefined) {
    questions.push([
      `PostgreSQL at ${shown(postgres)}`,
      async () => await (await import('../../adapters/postgres/examination.ts')).examinePostgres(postgres),
    ]);
  }
  return questions;
}

/** The same server may hold stock, routes and jobs: each of them asks something else of it. */
async function redisQuestions({ redis: given, redisCluster, ...config }: Config): Promise<readonly Question[]> {
  const { redisSentinel, routesRedis, jobsRedis, redisCaFile, kafka } = config;
  // A Cluster holds stock only, and is looked at as a whole.
  const redis = redisCluster ? undefined : given;
  const stock = redisSentinel === undefined ? redis : undefined;
  const jobs = jobsRedis ?? (kafka === undefined ? undefined : redis);
  const uses: readonly (readonly [use: string, url: string | undefined, need: RedisNeed])[] = [
    ['stock', stock, stockNeed(stock)],
    ['routes', routesRedis, usable(routesRedis)],
    ['jobs', redisSentinel === undefined || jobsRedis !== undefined ? jobs : undefined, jobsNeed(jobs, redisCaFile)],
  ];
  return uses.flatMap(([use, url, need]): Question[] => {
    if (url === undefined) return [];
    const ask = async (): Promise<EngineFacts> => {
      const { redisAddress } = await import('../../adapters/redis-server/address.ts');
      const { examineRedis } = await import('../../adapters/redis-server/examination.ts');
      return await examineRedis(redisAddress(url, redisCaFile), need);
    };
    return [[`Redis of ${use} at ${shown(url)}`, ask]];
  });
}

function stockNeed(url = ''): RedisNeed {
  return async (connection, onLog) => {
    const { checkRedis } = await import('../../adapters/redis/self-check.ts');
    const { infoFields, unusable } = await import('../../adapters/redis-server/address.ts');
    await checkRedis(connection, { shown: shown(url), isClusterNode: false, onLog });
    const version = infoFields(await connection.info().catch(() => '')).get('redis_version');
    if (version !== undefined && Number.parseInt(version, 10) < REDIS_MAJOR_MIN)
      throw unusable(shown(url), `its version is ${version}, which knows no Functions`, `use ${REDIS_MAJOR_MIN}.0 or later`);
  };
}

function usable(url = ''): RedisNeed {
  return async (connection) => {
    const { checkNoCluster, checkUsable, infoFields } = await import('../../adapters/redis-server/address.ts');
    const info = infoFields(await connection.info());
    checkUsable(shown(url), info);
    checkNoCluster(shown(url), info, 'the route table', 'in SEQCAST_ROUTES_REDIS, or set SEQCAST_ROUTES=etcd');
  };
}

function jobsNeed(url = '', caFile?: string): RedisNeed {
  return async (connection, onLog) => {
    const { checkJobRedis } = await import('../../adapters/bullmq/connection.ts');
    const { redisAddress } = await import('../../adapters/redis-server/address.ts');
    await checkJobRedis(connection, redisAddress(url, caFile), onLog);
  };
}

async function answered([engine, ask]: Question): Promise<readonly Check[]> {
  try {
    const { version, notes, warnings, clock } = await ask();
    const about = [...(version === undefined ? [] : [`version ${version}`]), ...notes].join(', ');
    const checks = [check('ok', `${engine}: ${about}`), ...warnings.map((warning) => told('warn', `${engine}: ${warning}`))];
    if (clock === undefined || Math.abs(clock.skewMs) - clock.uncertaintyMs < SKEW_MS_MAX) return checks;
    const way = clock.skewMs > 0 ? 'ahead of' : 'behind';
    const what = `${engine}: its clock is ${(Math.abs(clock.skewMs) / 1_000).toFixed(1)} s ${way} this machine's`;
    return [...checks, check('warn', what, 'Have both machines keep their time by NTP: periods and announced bursts begin by it.')];
  } catch (error) {
    if (error instanceof SequenceError) return [told('fail', error.message)];
    return [check('fail', `${engine}: ${error instanceof Error ? error.message : String(error)}`)];
  }
}

/** Without user and password. */
function shown(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'its URL';
}
