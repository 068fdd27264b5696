import type { AuditCheck } from '@souk/service'
import {
  countProducts,
  countSales,
  countVariants,
  overlappingSales,
  pricesOffTheirHistory,
  productsOffTheirLists,
  stuckSales,
} from './audits.sql.ts'

const sinceOf = (sinceMs: number | undefined) => (sinceMs === undefined ? undefined : new Date(sinceMs))

// That SKUs and slugs are unique is kept by constraints; asking again would tell nothing.
export const catalogAudits: readonly AuditCheck[] = [
  {
    invariant: 'catalog',
    title: "every variant's price is the last one of its price history",
    run: async (tx, { sinceMs, maxFindings }) => ({
      checked: await countVariants(tx, sinceOf(sinceMs)),
      findings: await pricesOffTheirHistory(tx, sinceOf(sinceMs), maxFindings),
    }),
  },
  {
    invariant: 'catalog',
    title: 'products on show are found under each of their categories and tags, others under none',
    run: async (tx, { sinceMs, maxFindings }) => ({
      checked: await countProducts(tx, sinceOf(sinceMs)),
      findings: await productsOffTheirLists(tx, sinceOf(sinceMs), maxFindings),
    }),
  },
  {
    invariant: 'catalog',
    title: 'no variant is in two sales at once',
    run: async (tx, { maxFindings }) => ({
      checked: await countSales(tx),
      findings: await overlappingSales(tx, maxFindings),
    }),
  },
  {
    invariant: 'catalog',
    title: 'every sale is settled with orders within five minutes',
    run: async (tx, { maxFindings }) => ({
      checked: await countSales(tx),
      findings: await stuckSales(tx, maxFindings),
    }),
  },
]
