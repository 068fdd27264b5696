import type { Mutant } from './list.ts'

const rules = 'services/orders/import-assemble.ts'
const ruleTests = 'services/orders/import-assemble.test.ts'

/** Breakages of taking over the orders of another system. */
export const importMutants: readonly Mutant[] = [
  {
    name: 'import-units-taken-back-twice',
    breaks: 'Two cancellations take back the same units of an imported order.',
    edits: [
      {
        file: rules,
        find: 'const left = candidate.left - (taken.get(`${candidate.number} ${candidate.lineNo}`) ?? 0)',
        replace: 'const left = candidate.left',
      },
    ],
    turnsRed: [{ file: ruleTests, test: 'cannot be one whose units another cancellation has taken' }],
  },
  {
    name: 'import-decimals-cut-off',
    breaks: 'A price with more decimals than its currency has is imported without them.',
    edits: [
      {
        file: 'apps/souk/import/amounts.ts',
        find: 'if (/[^0]/.test(fraction.slice(digits)))',
        replace: 'if (fraction.length > 99)',
      },
    ],
    turnsRed: [
      {
        file: 'apps/souk/import/amounts.test.ts',
        test: 'decimals that the currency does not have are an error, not cut off',
      },
    ],
  },
  {
    name: 'import-without-checkpoint',
    breaks: 'An import that is interrupted takes the lines it has kept a second time.',
    edits: [
      {
        file: 'services/orders/import-orders.ts',
        find: 'const lines = row.lines + Number(request.lines)\n',
        replace: 'const lines = request.complete ? row.lines + Number(request.lines) : row.lines\n',
      },
    ],
    turnsRed: [
      {
        file: 'apps/souk/import/import.test.ts',
        test: 'interrupted after every step, it ends with what an undisturbed one ends with',
      },
    ],
  },
]
