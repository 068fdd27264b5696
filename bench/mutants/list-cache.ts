import type { Mutant } from './list.ts'

const cache = 'packages/cache/cache.test.ts'
const pages = 'services/catalog/pages.test.ts'
const quotas = 'packages/http/shared-rate-limiter.test.ts'

/** Ways to break what is kept for whoever comes next, and what processes count together. */
export const cacheMutants: readonly Mutant[] = [
  {
    name: 'old-values-come-back',
    breaks: 'A value that was read before a change and arrived behind it is kept.',
    edits: [
      {
        file: 'packages/cache/memory.ts',
        find: '(invalidated.get(tag) ?? 0) >= entry.mark)',
        replace: '(invalidated.get(tag) ?? 0) > entry.mark)',
      },
    ],
    turnsRed: [{ file: cache, test: 'does not find what changed while it was loaded, nor what changed since' }],
  },
  {
    name: 'pages-dropped-before-the-commit',
    breaks: 'Pages are dropped while the change is not committed yet, and whoever reads in between keeps what was.',
    edits: [
      {
        file: 'services/catalog/page-tags.ts',
        find: '  tx.afterCommit(() => void cache.invalidate(...tags))',
        replace: '  void [tx, cache.invalidate(...tags)]',
      },
    ],
    turnsRed: [{ file: pages, test: 'read between a change and its commit are not kept' }],
  },
  {
    name: 'quotas-of-each-process',
    breaks: 'A caller has its whole quota at every process.',
    edits: [
      {
        file: 'packages/http/shared-rate-limiter.ts',
        find: 'taken.others = Math.max(0, total - taken.told)',
        replace: 'taken.others = 0',
      },
    ],
    turnsRed: [
      { file: quotas, test: 'is one quota: what was taken elsewhere is not there any more' },
      {
        file: quotas,
        test: 'a caller spread over ten processes gets at most what they admit between two exchanges beyond it',
      },
    ],
  },
]
