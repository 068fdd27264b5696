import { cx } from './cx.ts'
import { formatMoney } from './money.ts'

export type PriceProps = {
  minor: number
  currency: string
  /** What it was before: shown struck out, and read out as such. */
  beforeMinor?: number
  locale?: string
  size?: 'sm' | 'md' | 'lg'
  className?: string
}

export function Price({ minor, currency, beforeMinor, locale, size = 'md', className }: PriceProps) {
  const reduced = beforeMinor !== undefined && beforeMinor > minor
  return (
    <span className={cx('figures inline-flex flex-wrap items-baseline gap-x-2', className)}>
      <span
        className={cx(
          { sm: 'text-sm', md: 'text-base', lg: 'text-2xl' }[size],
          'font-semibold',
          reduced && 'text-accent',
        )}
      >
        {formatMoney(minor, currency, locale)}
      </span>
      {reduced && (
        <s className="text-sm font-normal text-quiet">
          <span className="sr-only">before: </span>
          {formatMoney(beforeMinor, currency, locale)}
        </s>
      )}
    </span>
  )
}
