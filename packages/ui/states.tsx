import type { ReactNode } from 'react'
import { cx } from './cx.ts'

/** Nothing is here yet: says what would be, and how it comes to be. */
export function EmptyState({
  icon,
  title,
  children,
  action,
}: {
  icon?: ReactNode
  title: ReactNode
  children?: ReactNode
  action?: ReactNode
}) {
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-12 text-center">
      {icon && (
        <div className="mb-1 grid size-12 place-items-center rounded-full bg-sunken text-quiet [&_svg]:size-6">
          {icon}
        </div>
      )}
      <p className="font-semibold">{title}</p>
      {children && <div className="max-w-prose text-sm text-balance text-quiet">{children}</div>}
      {action && <div className="mt-3 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  )
}

/** The room something will take, while it is on its way. */
export const Skeleton = ({ className }: { className?: string }) => (
  <span aria-hidden="true" className={cx('block h-4 animate-shimmer rounded-sm bg-line', className)} />
)

/** Several lines on their way, announced once. */
export function Loading({
  label = 'Loading',
  lines = 4,
  className,
}: {
  label?: string
  lines?: number
  className?: string
}) {
  return (
    <div role="status" className={cx('flex flex-col gap-3', className)}>
      <span className="sr-only">{label}</span>
      {Array.from({ length: lines }, (_, index) => (
        <Skeleton key={index} className={index % 3 === 2 ? 'w-2/3' : 'w-full'} />
      ))}
    </div>
  )
}

/** How far something is. `value` from 0 to 1; undefined: nobody knows. */
export function Progress({ label, value, className }: { label: string; value?: number; className?: string }) {
  const percent = value === undefined ? undefined : Math.round(Math.min(1, Math.max(0, value)) * 100)
  return (
    <div className={cx('flex flex-col gap-1', className)}>
      <div className="flex justify-between text-xs text-quiet">
        <span>{label}</span>
        {percent !== undefined && <span className="figures">{percent}%</span>}
      </div>
      <progress
        aria-label={label}
        {...(percent !== undefined && { value: percent })}
        max={100}
        className="h-2 w-full appearance-none overflow-hidden rounded-full bg-sunken [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-sunken [&::-webkit-progress-value]:rounded-full [&::-webkit-progress-value]:bg-accent"
      />
    </div>
  )
}
