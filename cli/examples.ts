/**
 * What one would type, for every command: shown at the end of its help and on the reference page. A test parses each line with the
 * program itself, so that no example names an option that is not there.
 */
import type { Command } from 'commander';

export interface Example {
  readonly line: string;
  readonly note?: string;
}

type Lines = readonly (string | readonly [line: string, note: string])[];

/** By the words of the command. Those that only group others say what is asked of them most. */
const EXAMPLES: Readonly<Record<string, Lines>> = {
  seqcast: [
    ['seqcast up', 'serves from .seqcast on port 7070'],
    ['seqcast create orders', 'in another terminal'],
    'seqcast next orders -n 5',
  ],
  up: [
    'seqcast up --data-dir data --port 7070',
    ['seqcast up --demo --days 2', 'two days of real demand on one screen'],
    ['seqcast up --roles gateway,filler --kafka kafka:9092 --redis redis://redis:6379', 'one of several processes'],
  ],
  create: [
    'seqcast create orders --start 1000 --ride-through-ms 300000',
    ['seqcast create invoices --guarantee gapless --format INV-{YYYY}-{value:06} --reset yearly', 'numbers without a gap'],
  ],
  list: ['seqcast list', 'seqcast list --json'],
  describe: ['seqcast describe orders'],
  alter: [['seqcast alter orders --increment 10 --dry-run', 'says what it would do; leave --dry-run out to do it']],
  restart: [['seqcast restart orders --start 1 --dry-run', 'values given out before may come again: look first']],
  drop: ['seqcast drop orders --dry-run', 'seqcast drop orders'],
  next: ['seqcast next orders', 'seqcast next orders -n 100 --client-type web --service checkout'],
  reserve: [['seqcast reserve invoices --key order-4711 --ttl 10m', 'the same key again gives the same number']],
  confirm: ['seqcast confirm invoices 4f1c --by billing'],
  cancel: ['seqcast cancel invoices 4f1c --because "customer withdrew"'],
  voids: ['seqcast voids invoices'],
  issue: ['seqcast issue orders --count 10m --out orders.parquet --wait', 'seqcast issue orders --count 250k --to topic:order-ids'],
  stamp: ['seqcast stamp orders --in parcels.csv --out stamped.csv --column id --wait'],
  status: ['seqcast status', 'seqcast status --url http://seqcast:7070 --json'],
  topology: ['seqcast topology', 'seqcast topology --format mermaid'],
  explain: [['seqcast explain orders/web/checkout', 'why its last shards are as large as they are']],
  'what-if': [
    ['seqcast what-if orders/web/checkout', 'as it is now, and at each burn cost that can be set'],
    'seqcast what-if orders/web/checkout --cost-ratio 0.25,4,64',
    'seqcast what-if orders/web/checkout --burn-cost low --json',
  ],
  allocators: ['seqcast allocators'],
  route: ['seqcast route orders --client-type web --service checkout'],
  pools: ['seqcast pools', 'seqcast pools drain pool-0 --wait'],
  'pools drain': [['seqcast pools drain pool-0 --wait', 'before a Redis is taken away']],
  'pools undrain': ['seqcast pools undrain pool-0'],
  dlq: ['seqcast dlq list'],
  'dlq list': ['seqcast dlq list --limit 20'],
  'dlq replay': ['seqcast dlq replay 0-17'],
  jobs: ['seqcast jobs list --state running'],
  'jobs list': ['seqcast jobs list', 'seqcast jobs list --state running'],
  'jobs revive': ['seqcast jobs revive training-12'],
  train: ['seqcast train --wait', ['seqcast train --fine-tune --wait', 'goes on from the model in service']],
  models: ['seqcast models list'],
  'models list': ['seqcast models list'],
  'models show': ['seqcast models show lstm-3'],
  'models promote': ['seqcast models promote lstm-3'],
  'models rollback': ['seqcast models rollback'],
  who: ['seqcast who orders 1042', ['seqcast who invoices INV-2026-000017 --data-dir data', 'its server is stopped']],
  usage: ['seqcast usage orders --by hour --from 36h', 'seqcast usage --by stream --from 2026-11-01 --to 2026-12-01'],
  burns: ['seqcast burns orders --from 7d'],
  'forecast-error': ['seqcast forecast-error --from 7d --limit 10'],
  profiles: ['seqcast profiles list'],
  'profiles list': ['seqcast profiles list'],
  'profiles set': ['seqcast profiles set web --pattern office-hours --rate 200 --rest-share 0.05 --utc-offset +01:00'],
  'profiles remove': ['seqcast profiles remove web'],
  announce: [['seqcast announce orders --rate 500 --in 10m --for 1h', 'a sale begins in ten minutes']],
  'announce add': ['seqcast announce add orders --rate 500 --in 10m --for 1h'],
  'announce list': ['seqcast announce list'],
  'announce end': ['seqcast announce end orders'],
  audit: ['seqcast audit', ['seqcast audit --data-dir data', 'its server is stopped']],
  replay: [
    'seqcast replay --from demand.csv --lead-time 50ms',
    ['seqcast replay --verify --data-dir data', 'derives every allocation again'],
  ],
  backtest: [
    'seqcast backtest --from demand.csv --ride-through 5m --html report.html',
    'seqcast backtest --from trace:nasa --against leaf,tinyid --class expected',
  ],
  tune: ['seqcast tune --from demand.csv --ride-through 5m --sequence orders'],
  observe: [['seqcast observe "postgres://reader@db/shop?sequence=public.orders_id_seq" --for 1h', 'only reads']],
  import: ['seqcast import "postgres://reader@db/shop?sequence=public.orders_id_seq" --dry-run'],
  adopt: [['seqcast adopt orders --from "postgres://shop@db/shop?sequence=public.orders_id_seq"', 'beside its old callers']],
  'adopt add': ['seqcast adopt add orders --from "mysql://leaf@db/leaf?table=leaf_alloc&id=orders"'],
  'adopt list': ['seqcast adopt list'],
  'adopt commit': ['seqcast adopt commit orders', ['seqcast adopt commit orders --values 1000000000', 'of a 32-bit column']],
  'adopt abandon': ['seqcast adopt abandon orders'],
  keys: ['seqcast keys list'],
  'keys create': ['seqcast keys create checkout --scope next:shop.* --quota shop.*=1000000/day'],
  'keys list': ['seqcast keys list', ['seqcast keys list --data-dir data', 'its server is stopped']],
  'keys revoke': ['seqcast keys revoke checkout'],
  'audit-log': ['seqcast audit-log --limit 20'],
  acl: ['seqcast acl --for redis', 'seqcast acl --for kafka --user-prefix shop'],
  ledger: ['seqcast ledger trim --data-dir data --export-dir cut'],
  'ledger trim': ['seqcast ledger trim --data-dir data --export-dir cut'],
  simulate: ['seqcast simulate --seeds 200', ['seqcast simulate --seeds 100 --without fence', 'it must notice']],
  bench: ['seqcast bench', 'seqcast bench accuracy --models seasonal-naive,lstm --limit 20'],
  stack: ['seqcast stack up', 'seqcast stack down'],
  'stack up': [['seqcast stack up --only kafka,redis --shell', 'in a shell: eval "$(…)"']],
  'stack down': ['seqcast stack down', ['seqcast stack down --delete', 'and their data']],
  'stack status': ['seqcast stack status'],
  doctor: ['seqcast doctor', 'seqcast doctor --config seqcast.config.yaml --json'],
  init: ['seqcast init', 'seqcast init settings.yaml'],
  completion: [
    ['seqcast completion bash > ~/.local/share/bash-completion/completions/seqcast', 'bash, from the next shell on'],
    ['seqcast completion zsh > ~/.zfunc/_seqcast', 'zsh, where ~/.zfunc is in $fpath before compinit'],
    ['seqcast completion fish > ~/.config/fish/completions/seqcast.fish', 'fish'],
  ],
};

export function examplesOf(words: readonly string[]): readonly Example[] {
  const lines = EXAMPLES[words.join(' ')] ?? [];
  return lines.map((each) => (typeof each === 'string' ? { line: each } : { line: each[0], note: each[1] }));
}

/** Puts them below the help of each command. */
export function addExamples(command: Command, words: readonly string[] = []): void {
  const examples = examplesOf(words.length === 0 ? [command.name()] : words);
  if (examples.length > 0) command.addHelpText('after', helpText(examples));
  for (const each of command.commands) addExamples(each, [...words, each.name()]);
}

function helpText(examples: readonly Example[]): string {
  const lines = examples.map(({ line, note }) => `  $ ${line}\n${note === undefined ? '' : `      ${note}\n`}`);
  return `\nExamples:\n${lines.join('')}`;
}
