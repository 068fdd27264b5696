import { expect, test } from 'vitest'
import { formatAudit } from './format.ts'
import type { AuditReport } from './run.ts'

const sound = {
  service: 'orders',
  invariant: 'I1',
  title: 'nothing is sold twice',
  checked: 1_374,
  findings: [],
  failure: undefined,
  tookMs: 7,
}
const report = (checks: AuditReport['checks'], broken = 0): AuditReport => ({
  startedAt: '2026-01-01T00:00:00.000Z',
  tookMs: 400,
  since: null,
  broken,
  checks,
})

test('a clean audit ends with the verdict, and says over what', () => {
  expect(formatAudit(report([sound]))).toContain('✓ The books balance: 1 checks over everything, in 0.4 s.')
  expect(formatAudit({ ...report([sound]), since: '2026-01-01T00:00:00.000Z' })).toContain(
    'what changed since 2026-01-01T00:00:00.000Z',
  )
})

test('every check is a line with its number, its result and how many things it saw', () => {
  expect(formatAudit(report([sound]))).toMatch(/orders +I1 +✓ holds +1,374 +7 ms +nothing is sold twice/)
})

test('what does not add up is named below the table', () => {
  const broken = { ...sound, findings: [{ subject: 'variant 7', message: 'granted 10, held 11' }] }
  const text = formatAudit(report([sound, broken], 1))
  expect(text).toContain('✗ 1 found')
  expect(text).toContain('  variant 7: granted 10, held 11')
  expect(text).toContain('✗ 1 of 2 checks found something')
})

test('a check that could not be carried out is not taken for one that holds', () => {
  const text = formatAudit(report([{ ...sound, checked: 0, failure: 'relation "orders" does not exist' }], 1))
  expect(text).toContain('✗ not run')
  expect(text).toContain('could not be checked: relation "orders" does not exist')
})

test('findings cannot play tricks on the terminal', () => {
  const broken = { ...sound, findings: [{ subject: 'shop \u001b[2J', message: 'gone\r' }] }
  // oxlint-disable-next-line no-control-regex
  expect(formatAudit(report([broken], 1))).not.toMatch(/[\u001b\r]/)
})
