import type { ProviderRecord } from '../provider.ts'

const weight: Record<ProviderRecord['state'], number> = {
  captured: 4,
  authorised: 3,
  pending: 2,
  voided: 1,
  declined: 0,
}

/**
 * Several records under one reference of ours: the one where most happened, counting the captures of all of them, so that
 * a double charge is seen and not hidden behind the record that was looked at.
 */
export function mergeRecords(records: readonly ProviderRecord[]): ProviderRecord | undefined {
  const [first] = records.toSorted((a, b) => weight[b.state] - weight[a.state] || b.changedAtMs - a.changedAtMs)
  if (first === undefined) return undefined
  return { ...first, captures: records.reduce((sum, { captures }) => sum + captures, 0) }
}
