import type { CheckOutcome } from '@souk/service'
import { number, table, tame } from '../console.ts'
import { type AuditReport, isSound } from './run.ts'

/** The report for people: a table of checks, what was found below it, the verdict last. */
export function formatAudit(report: AuditReport): string {
  const rows = report.checks.map((check) => [
    check.service,
    check.invariant,
    verdictOf(check),
    number(check.checked),
    `${number(check.tookMs)} ms`,
    check.title,
  ])
  const head = ['service', 'no.', 'result', 'checked', 'took', 'what must hold']
  const broken = report.checks.filter((check) => !isSound(check))
  const scope =
    report.since === null ? 'everything' : `what changed since ${report.since} (souk audit --full: everything)`
  const verdict =
    broken.length === 0
      ? `✓ The books balance: ${report.checks.length} checks over ${scope}, in ${(report.tookMs / 1000).toFixed(1)} s.`
      : `✗ ${broken.length} of ${report.checks.length} checks found something, over ${scope}.`
  return [
    table(head, rows, ['left', 'left', 'left', 'right', 'right']),
    ...broken.map((check) => `\n${findingsOf(check)}`),
    `\n${verdict}`,
  ].join('\n')
}

const verdictOf = ({ findings, failure }: CheckOutcome) =>
  failure !== undefined ? '✗ not run' : findings.length === 0 ? '✓ holds' : `✗ ${findings.length} found`

/** One check with what it found. */
export function findingsOf({ service, invariant, title, findings, failure }: CheckOutcome): string {
  const lines = findings.map(({ subject, message }) => `  ${tame(subject)}: ${tame(message)}`)
  if (typeof failure === 'string') lines.push(`  could not be checked: ${tame(failure)}`)
  return [`${service} ${invariant}: ${title}`, ...lines].join('\n')
}
