/** `seqcast audit`: folds the whole ledger again and accounts for every value; exits 1 when something does not add up. */
import type { Command } from 'commander';
import { SequenceError } from '../../core/errors.ts';
import type { AuditReport } from '../../workers/runtime/service/service.ts';
import { writeAnswer } from '../answer.ts';
import type { CliContext, ServerOptions } from '../cli-context.ts';
import { serverOptions } from '../command-options.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { callServer } from '../server-call.ts';
import { ShareProgress } from '../share-progress.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

/** A ledger of a hundred million records takes minutes to fold. */
const TIMEOUT_MS = 3_600_000;

interface AuditOptions extends ServerOptions {
  readonly dataDir?: string;
  readonly exportDir?: string;
}

export function addAudit(program: Command, cli: CliContext): void {
  const command = program
    .command('audit')
    .description(
      'Accounts for every value: 0 duplicates, and where each claimed one is. Asks the running server, or reads a stopped data directory.',
    )
    .option('--data-dir <dir>', 'read this directory, whose server is stopped')
    .option('--export-dir <dir>', 'where `seqcast ledger trim` has put what it cut off that directory');
  serverOptions(command).action(async ({ dataDir, exportDir, ...options }: AuditOptions) => {
    if (dataDir === undefined && exportDir !== undefined) throw new SequenceError('SEQ_CONFIG_INVALID', '--export-dir needs --data-dir');
    const report = dataDir === undefined ? await askServer(cli, options) : await readDirectory(cli, dataDir, exportDir);
    writeAnswer(cli, options, report, (terminal) => reportText(report, terminal));
    if (!report.ok) cli.exitCode = EXIT_CODES.failed.code;
  });
}

async function askServer(cli: CliContext, options: ServerOptions): Promise<AuditReport> {
  return await withProgress(cli, async (onProgress) => {
    const call = { method: 'POST', path: '/v1/audit', timeoutMs: TIMEOUT_MS, onProgress } as const;
    return (await callServer(cli, options, call)) as AuditReport;
  });
}

async function readDirectory(cli: CliContext, dataDir: string, exportDir: string | undefined): Promise<AuditReport> {
  const { withStoppedDirectory } = await import('../stopped-directory.ts');
  return await withProgress(cli, (onProgress) => withStoppedDirectory(dataDir, ({ audit }) => audit(onProgress), { exportDir }));
}

async function withProgress(cli: CliContext, work: (onProgress: (share: number) => void) => Promise<AuditReport>): Promise<AuditReport> {
  const progress = new ShareProgress(cli.err);
  try {
    return await work((share) => progress.tell(share, (percent) => `audit: ${percent} of the records`));
  } finally {
    progress.end();
  }
}

/** What of a stock is no plain stock, where numbers are reserved. */
function heldText({ sequence, generation, reserved = 0, givenUp = 0 }: AuditReport['accounts'][number]): string[] {
  if (reserved + givenUp === 0) return [];
  return [`${sequence}, generation ${generation}: of the stock ${reserved} are reserved and ${givenUp} were given up`];
}

function reportText({ ok, duplicates, problems, accounts, recordsFolded, recordsRejected }: AuditReport, terminal: Terminal): string {
  const rows = accounts.map((a) => [
    a.sequence,
    a.generation,
    a.claimed,
    a.issued,
    a.stock,
    a.revokedInFlight,
    a.free,
    a.uncut,
    a.unopened,
    a.void,
    a.burnt,
    a.inDoubt,
    a.balanced ? 'yes' : 'NO',
  ]);
  const head = [
    'sequence',
    'generation',
    'claimed',
    'issued',
    'stock',
    'revoked',
    'free',
    'uncut',
    'unopened',
    'void',
    'burnt',
    'in doubt',
    'adds up',
  ];
  const lines = [
    `${duplicates} duplicates in ${recordsFolded} records (${recordsRejected} lost to another and changed nothing)`,
    ...accounts.flatMap(heldText),
    ...problems.map((problem) => `problem: ${problem}`),
    ok ? 'ok: every claimed value is accounted for' : 'NOT ok',
  ];
  return `${accounts.length > 0 ? `${table(head, rows, terminal)}\n` : ''}${lines.join('\n')}\n`;
}
