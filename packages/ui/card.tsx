import type { ComponentProps, ReactNode } from 'react'
import { cx } from './cx.ts'

/** A thing of its own on the page. `title` makes it a named part. */
export function Card({
  title,
  actions,
  flush,
  className,
  children,
  ...rest
}: Omit<ComponentProps<'section'>, 'title'> & {
  title?: ReactNode
  actions?: ReactNode /** No padding: for tables. */
  flush?: boolean
}) {
  return (
    <section
      {...rest}
      className={cx('min-w-0 overflow-hidden rounded-lg border border-line bg-surface shadow-card', className)}
    >
      {(title != null || actions != null) && (
        <header className="flex min-h-12 flex-wrap items-center gap-2 px-4 pt-3 pb-1">
          <h2 className="min-w-0 flex-1 text-sm font-semibold">{title}</h2>
          {actions}
        </header>
      )}
      <div className={flush ? undefined : title != null ? 'px-4 pt-1 pb-4' : 'p-4'}>{children}</div>
    </section>
  )
}

/** One figure, what it counts, and what to compare it with. */
export function Stat({
  label,
  value,
  note,
  tone,
}: {
  label: ReactNode
  value: ReactNode
  note?: ReactNode
  tone?: 'good' | 'warn' | 'bad'
}) {
  const colour = tone && { good: 'text-good', warn: 'text-warn', bad: 'text-bad' }[tone]
  return (
    <div className="min-w-0">
      <p className="truncate text-xs text-quiet">{label}</p>
      <p className={cx('figures truncate text-2xl font-semibold tracking-tight', colour)}>{value}</p>
      {note != null && <p className="truncate text-xs text-quiet">{note}</p>}
    </div>
  )
}

/** Names and values, for the head of a record. */
export function Facts({
  items,
  className,
}: {
  items: readonly (readonly [label: string, value: ReactNode])[]
  className?: string
}) {
  return (
    <dl className={cx('grid grid-cols-[minmax(6rem,auto)_1fr] gap-x-4 gap-y-1.5 text-sm', className)}>
      {items.map(([label, value]) => (
        <div key={label} className="contents">
          <dt className="text-quiet">{label}</dt>
          <dd className="min-w-0 wrap-anywhere">{value}</dd>
        </div>
      ))}
    </dl>
  )
}
