/** `seqcast ledger trim`: cuts old records off the ledger, behind proven snapshots and into an export. */
import type { Command } from 'commander';
import type { TrimmedPartition, TrimProgress, TrimReport } from '../../workers/runtime/ledger/ledger-trim.ts';
import { writeAnswer } from '../answer.ts';
import type { CliContext, JsonOption } from '../cli-context.ts';
import { jsonOption, numberOf } from '../command-options.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { ShareProgress } from '../share-progress.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

/** What `seqcast up` creates the topics with, unless told otherwise. */
const PARTITIONS_DEFAULT = 4;

interface Flags extends JsonOption {
  readonly dataDir?: string;
  readonly kafka?: string;
  readonly partitions: number;
  readonly exportDir: string;
}

export function addLedger(program: Command, cli: CliContext): void {
  const ledger = program.command('ledger').description('Work on the ledger itself.');
  const trim = ledger
    .command('trim')
    .description(
      'Cuts old records off the ledger: only behind two snapshots that fold to the same bytes once more, and only what an export holds.',
    )
    .option('--data-dir <dir>', 'trim this directory, whose server is stopped')
    .option('--kafka <brokers>', 'trim the ledger in Kafka, as host:port,host:port; TLS and user as `seqcast up` is told them')
    .option('--partitions <n>', 'partitions of its topics, as `seqcast up` was given', numberOf, PARTITIONS_DEFAULT)
    .requiredOption('--export-dir <dir>', 'an existing directory that keeps what is cut, the same for every trim: the audit needs it');
  jsonOption(trim).action(async ({ partitions, exportDir, ...flags }: Flags) => {
    const { openLedgerStore } = await import('../ledger-store.ts');
    const { trimLedger } = await import('../../workers/runtime/ledger/ledger-trim.ts');
    const store = await openLedgerStore({ dataDir: flags.dataDir, kafka: flags.kafka, partitionCount: partitions, env: cli.env });
    try {
      const { log, snapshots, partitionCount } = store;
      const report = await trimLedger({ log, snapshots, partitionCount, exportDir, onProgress: progressOn(cli) });
      writeAnswer(cli, flags, report, (terminal) => reportText(report, terminal));
      if (!report.ok) cli.exitCode = EXIT_CODES.failed.code;
    } finally {
      await store.close();
    }
  });
}

/** On a terminal one line with how long the step still takes, elsewhere a line for each part of it. */
function progressOn({ err }: CliContext): (progress: TrimProgress) => void {
  const shares = new ShareProgress(err);
  let step = '';
  return ({ topic, partition, step: named, records, of = 0 }) => {
    const what = `${topic}/${partition}: ${records} records ${named}`;
    if (err.isTTY !== true || records >= of) {
      shares.end();
      err.write(`${what}\n`);
      return;
    }
    if (step !== `${topic}/${partition} ${named}`) shares.begin();
    step = `${topic}/${partition} ${named}`;
    shares.tell(records / of, (percent) => `${what}, ${percent}`);
  };
}

function reportText({ ok, partitions }: TrimReport, terminal: Terminal): string {
  const rows = partitions.map(({ topic, partition, begins, snapshots, leftAlone }: TrimmedPartition) => [
    `${topic}/${partition}`,
    begins.before,
    begins.after,
    snapshots.join(', '),
    leftAlone === undefined ? 'trimmed' : `left alone: ${leftAlone}`,
  ]);
  const end = ok ? '' : '\nNOT ok: a snapshot contradicts its log; find out why before the next start\n';
  return `${table(['ledger', 'began at', 'begins at', 'snapshots', 'what happened'], rows, terminal)}${end}`;
}
