/** `acl`: what Redis and Kafka are told about the users of each role, least rights first. */
import { type Command, InvalidArgumentError } from 'commander';
import { writeAnswer } from '../answer.ts';
import type { CliContext, JsonOption } from '../cli-context.ts';
import { jsonOption } from '../command-options.ts';

interface AclOptions extends JsonOption {
  readonly for: 'redis' | 'kafka';
  readonly userPrefix: string;
}

/** 192 bits: nobody types it. */
const PASSWORD_BYTES = 24;

export function addAcl(program: Command, cli: CliContext): void {
  const command = program
    .command('acl')
    .summary('write access rules for Redis or Kafka')
    .description(
      'Writes an ACL file for Redis, its passwords to standard error, or the commands that set the ACLs of Kafka: a user a role.',
    )
    .requiredOption('--for <engine>', 'redis or kafka', engineOf)
    .option('--user-prefix <name>', 'what the names of the users begin with', 'seqcast');
  jsonOption(command).action(async ({ for: engine, userPrefix, json }: AclOptions) => {
    if (engine === 'kafka') {
      const { kafkaCommands, kafkaRules } = await import('../acl/kafka-acl.ts');
      const rules = kafkaRules(userPrefix);
      writeAnswer(cli, { json }, { rules }, () => kafkaCommands(rules));
      return;
    }
    const { randomBytes } = await import('node:crypto');
    const { redisAclFile, redisUsers } = await import('../acl/redis-acl.ts');
    const password = (): string => randomBytes(PASSWORD_BYTES).toString('base64url');
    const users = redisUsers(userPrefix, password);
    const operator = { user: `${userPrefix}-operator`, password: password() };
    writeAnswer(cli, { json }, { users: [operator, ...users] }, () => redisAclFile(users, operator));
    if (json !== true) for (const each of [operator, ...users]) cli.err.write(`redis://${each.user}:${each.password}@HOST:6379\n`);
  });
}

function engineOf(text: string): AclOptions['for'] {
  if (text === 'redis' || text === 'kafka') return text;
  throw new InvalidArgumentError('It is not one of redis, kafka.');
}
