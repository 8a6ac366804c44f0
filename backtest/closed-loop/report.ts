/** The closed-loop report as a page: what the rule does on each trace, and what each policy holds at equal survival. */
import { operationsPerHour, stalledPpm, survivedPercent } from '../harness/result.ts';
import { type EqualRow, POLICIES, type Policy, type RuleRow } from './comparison.ts';
import type { Verdict } from './verdict.ts';

export interface ClosedLoopReport {
  readonly command: string;
  readonly commit: string;
  readonly node: string;
  /** What the LSTM was trained on and how, or why there is none. */
  readonly lstm: string;
  readonly rule: readonly RuleRow[];
  readonly equal: readonly EqualRow[];
  readonly verdicts: readonly Verdict[];
}

export function reportPage({ command, commit, node, lstm, rule, equal, verdicts }: ClosedLoopReport): string {
  return [
    '# Closed loop: idle stock against outages survived',
    `\`${command}\` at ${commit}, Node ${node.replace(/^v/, '')}. Warmed up on the first 60 % of each trace, measured on the rest; lead time 0.5 s.`,
    `Allocator outages of T are asked for every 61 s. LSTM: ${lstm}.`,
    '## The rule as it runs',
    ...ruleTable(rule),
    '## Equal survival',
    "Each policy's ride-through reserve is scaled with hindsight to the same survival. Idle stock, and in brackets the factor.",
    ...equalTable(equal),
    '## Verdict',
    'One ratio a trace and T: at 99.9 % as expected where the log-regression reaches it with at most four times its own reserve, else insured.',
    ...verdicts.map((verdict) => `- ${sentenceOf(verdict)}`),
    '',
  ].join('\n\n');
}

function ruleTable(rows: readonly RuleRow[]): string[] {
  const lines = rows.map(({ trace, rideThroughS, rideThroughClass, result }) => {
    const survived = result.outages.map((outage) => survivedPercent(outage).toFixed(2)).join();
    const name = rideThroughS > 0 ? rideThroughClass : '';
    const cells = [stalledPpm(result).toFixed(1), operationsPerHour(result).toFixed(0), amount(result.burntAtCrash)];
    return `| ${trace} | ${rideThroughS} | ${name} | ${amount(result.meanIdle)} | ${survived} | ${cells.join(' | ')} |`;
  });
  const head = '| trace | T, s | class | mean idle | survived, % | stalls, ppm | orders and returns an hour | burnt by a crash |';
  return [[head, '|---|---|---|---|---|---|---|---|', ...lines].join('\n')];
}

function equalTable(rows: readonly EqualRow[]): string[] {
  const lines = rows.map(({ trace, rideThroughS, survivedPercent, rideThroughClass, policies }) => {
    const cells = POLICIES.map((policy) => costCell(policies, policy));
    return `| ${trace} | ${rideThroughS} | ${rideThroughClass} | ${survivedPercent} | ${cells.join(' | ')} |`;
  });
  const head = `| trace | T, s | class | survived, % | ${POLICIES.join(' | ')} |`;
  return [[head, `|---|---|---|---|${POLICIES.map(() => '---|').join('')}`, ...lines].join('\n')];
}

function costCell(policies: EqualRow['policies'], policy: Policy): string {
  const cost = policies[policy];
  if (cost === undefined) return '–';
  const baseline = policies['log-regression'];
  const ratio = baseline === undefined || policy === 'log-regression' ? '' : ` = ${(cost.meanIdle / baseline.meanIdle).toFixed(3)}`;
  return `${amount(cost.meanIdle)}${ratio} (${cost.factor.toFixed(2)})`;
}

export function sentenceOf({ policy, seasonal, saves, worst, kept }: Verdict): string {
  const most = worst === undefined ? 'nothing measured' : `at most ${worst.ratio.toFixed(3)} (${worst.trace}, T = ${worst.rideThroughS} s)`;
  return `${policy}: at most 0.95 on ${saves} of ${seasonal} seasonal traces, ${most}: promised at least half, 1.02: ${kept ? 'kept' : 'MISSED'}.`;
}

function amount(values: number): string {
  if (values >= 1e6) return `${(values / 1e6).toFixed(2)}M`;
  if (values >= 1e4) return `${(values / 1e3).toFixed(1)}k`;
  return values.toFixed(0);
}
