import type { ComponentProps, ReactNode } from 'react'
import { cx } from './cx.ts'

/** A table that scrolls sideways in its own room when the page is narrow. */
export function Table({ label, className, children }: { label: string; className?: string; children: ReactNode }) {
  return (
    // Focusable, so that the keyboard can scroll it.
    <section className={cx('overflow-x-auto', className)} aria-label={label} tabIndex={0}>
      <table className="w-full border-collapse text-left text-sm">{children}</table>
    </section>
  )
}

type Cell = { numeric?: boolean }

export function Th({
  numeric,
  className,
  sorted,
  children,
  ...rest
}: ComponentProps<'th'> & Cell & { sorted?: 'ascending' | 'descending' }) {
  return (
    <th
      scope="col"
      {...rest}
      {...(sorted && { 'aria-sort': sorted })}
      className={cx(
        'h-10 border-b border-line px-3 sm:px-4 text-xs font-medium whitespace-nowrap text-quiet',
        numeric && 'text-right',
        className,
      )}
    >
      {children}
    </th>
  )
}

export const Tr = ({ className, ...rest }: ComponentProps<'tr'>) => (
  <tr {...rest} className={cx('border-b border-line last:border-b-0 hover:bg-hover', className)} />
)

export const Td = ({ numeric, className, ...rest }: ComponentProps<'td'> & Cell) => (
  <td
    {...rest}
    className={cx('h-11 px-3 py-2 sm:px-4', numeric && 'figures text-right whitespace-nowrap', className)}
  />
)
