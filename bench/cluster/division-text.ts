import type { Cost } from './division.ts'

/** Costs side by side, the first one being what the others are held against. */
export function divisionText(costs: readonly Cost[]): string {
  const [first] = costs
  return costs
    .map((cost) => {
      const ratio =
        first === undefined || cost === first
          ? ''
          : `, ${(cost.microsPerOrder / first.microsPerOrder).toFixed(2)} of ${first.name}`
      const roles = Object.entries(cost.byRole)
        .sort(([, one], [, other]) => other - one)
        .map(([role, micros]) => `${role} ${micros}`)
      return [
        `${cost.name}: ${cost.perCpuSecond} orders a second of processor time (${cost.microsPerOrder} µs an order${ratio})`,
        `    ${cost.orders} orders at ${cost.ratePerSecond} a second, p99 ${Math.round(cost.p99Ms)} ms; µs an order: ${roles.join(', ')}`,
        `    doing nothing: ${cost.idleCpuShare} of a core`,
      ].join('\n')
    })
    .join('\n')
}
