import type { ReactNode } from 'react'
import { Button } from './button.tsx'

/**
 * Forward and back through a list that has no numbered pages (its ends are cursors). Links where there are addresses,
 * so that it works without scripts: pass them as `previous` and `next`.
 */
export function Pagination({
  label = 'Pages',
  onPrevious,
  onNext,
  previous,
  next,
  children,
}: {
  label?: string
  onPrevious?: (() => void) | undefined
  onNext?: (() => void) | undefined
  previous?: ReactNode
  next?: ReactNode
  /** What is shown: "21–40". */
  children?: ReactNode
}) {
  return (
    <nav aria-label={label} className="flex items-center justify-between gap-3 py-3 text-sm text-quiet">
      {previous ?? (
        <Button size="sm" disabled={!onPrevious} onClick={onPrevious}>
          Previous
        </Button>
      )}
      <span className="figures">{children}</span>
      {next ?? (
        <Button size="sm" disabled={!onNext} onClick={onNext}>
          Next
        </Button>
      )}
    </nav>
  )
}
