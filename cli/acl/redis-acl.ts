/**
 * Who may do what in Redis: a user for each role, with the commands that its adapters send, on the keys that they touch. Each part is a
 * selector of its own, so one file serves a Redis that holds stock, routes and jobs together, and three that hold one each.
 */
import { createHash } from 'node:crypto';

export interface RedisUser {
  readonly user: string;
  readonly password: string;
  readonly rules: string;
}

interface Part {
  readonly keys: string;
  readonly channels?: string;
  readonly commands: string;
}

/** What every connection says to see that the server lives and is fit. (Clients also tell their version, and may be refused that.) */
const GREETING = '+ping +info +client|setname';
/** What tells a pool of connections that one of them still stands. */
const APPLICATION_GREETING = '+ping';

/** Functions look at the clock and tell who waits in the name of whoever calls them, hence TIME, INFO and PUBLISH. */
const STOCK = { keys: '~*:stock', channels: '&seqcast:*' };
const taking: Part = { ...STOCK, commands: '+fcall +time +info +publish +subscribe +unsubscribe' };
/** Which primaries a Cluster has, and which slots each of them owns. */
const LOOKING = '+cluster|myid +cluster|slots +cluster|info';
const filling: Part = { ...STOCK, commands: `${taking.commands} +function|load ${LOOKING}` };
/** An application of yours that takes values itself, and gives back what it took: no other function, of which some close a stock. */
const calling: Part = { keys: '~*:stock', commands: '+fcall|seqcast_next +fcall|seqcast_give_back +time' };

const ROUTES = ['entries', 'keys', 'version'].map((name) => `{seqcast}:routes:${name}`);
/** Lists and changes are scripts, so what is allowed is what they do: a user that lacks HSET cannot change a route by any script. */
const reading: Part = {
  keys: ROUTES.map((key) => `~${key}`).join(' '),
  channels: '&{seqcast}:routes:*',
  commands: '+eval +hget +get +zrangebylex +subscribe +unsubscribe',
};
const routing: Part = { ...reading, commands: `${reading.commands} +set +hset +hdel +zadd +zrem +publish +time` };
/** Beside the routes lie the hashes of API keys, which gateways keep and compare, and nobody else is let into. */
const keeping: Part = { ...routing, keys: '~{seqcast}:routes:*' };
/** Which pool serves a stream, and where that pool is: the client for Node looks it up. */
const finding: Part = {
  keys: ROUTES.slice(0, 2)
    .map((key) => `%R~${key}`)
    .join(' '),
  commands: '+hmget +zrangebylex',
};
/** Every kind of job: their keys stand beside those of the routes, which nobody who runs jobs should write. */
const JOB_NAMES = ['usage-rollup', 'ledger-audit', 'archive-care', 'train', 'fine-tune', 'issue', 'stamp'];
/** The queue is a library of scripts over every type of key, so it gets its own keys whole and nothing that is dangerous. */
const jobs: Part = {
  keys: ['~{seqcast}:job-names', ...JOB_NAMES.map((name) => `~{seqcast}:${name}:*`)].join(' '),
  channels: '&{seqcast}:*',
  // Without a key in it a command is refused by nothing else: functions are loaded and deleted by name.
  commands: '+@all -@admin -@dangerous -@scripting +eval +evalsha +info',
};

const PARTS: Readonly<Record<string, readonly Part[]>> = {
  gateway: [taking, keeping, jobs],
  allocator: [routing],
  forecaster: [reading],
  filler: [filling, routing],
  jobs: [taking, reading, jobs],
  application: [calling, finding],
};

/** `passwordOf`: drawn at random for each user; a test hands in its own. */
export function redisUsers(prefix: string, passwordOf: (user: string) => string): readonly RedisUser[] {
  return Object.entries(PARTS).map(([role, parts]) => {
    const user = `${prefix}-${role}`;
    const greeting = role === 'application' ? APPLICATION_GREETING : GREETING;
    const selectors = parts.map(
      ({ keys, channels, commands }) => `(-@all ${commands} ${keys}${channels === undefined ? '' : ` ${channels}`})`,
    );
    return { user, password: passwordOf(user), rules: `resetkeys resetchannels -@all ${greeting} ${selectors.join(' ')}` };
  });
}

/** As `aclfile` names it: passwords as SHA-256, and nobody comes in without one. */
export function redisAclFile(users: readonly RedisUser[], operator: { readonly user: string; readonly password: string }): string {
  const lines = [
    'user default off resetpass resetkeys resetchannels -@all',
    `user ${operator.user} on #${sha256(operator.password)} ~* &* +@all`,
    ...users.map(({ user, password, rules }) => `user ${user} on #${sha256(password)} ${rules}`),
  ];
  return `${lines.join('\n')}\n`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
