import { type ComponentProps, createContext, type ReactNode, useContext, useId } from 'react'
import { cx } from './cx.ts'

type Wiring = { id: string; describedBy: string | undefined; invalid: boolean; required: boolean }
const FieldContext = createContext<Wiring | undefined>(undefined)

export type FieldProps = {
  label: ReactNode
  /** Said before anything is wrong: the form of the value, the unit. */
  hint?: ReactNode
  /** What is wrong and what to do. Its presence makes the control invalid. */
  error?: ReactNode
  required?: boolean
  /** The label is read out, not shown. */
  hideLabel?: boolean
  className?: string
  children: ReactNode
}

/** A control with its label, hint and error, tied together for screen readers. Works without scripts. */
export function Field({ label, hint, error, required = false, hideLabel = false, className, children }: FieldProps) {
  const id = useId()
  const invalid = error !== undefined && error !== null && error !== false && error !== ''
  const describedBy = cx(invalid && `${id}-error`, hint != null && `${id}-hint`) || undefined
  return (
    <div className={cx('flex min-w-0 flex-col gap-1.5', className)}>
      <label htmlFor={id} className={cx('text-sm font-medium', hideLabel && 'sr-only')}>
        {label}
        {required && <span className="text-quiet"> (required)</span>}
      </label>
      <FieldContext value={{ id, describedBy, invalid, required }}>{children}</FieldContext>
      {invalid && (
        <p id={`${id}-error`} className="text-sm text-bad" role="alert">
          {error}
        </p>
      )}
      {hint != null && (
        <p id={`${id}-hint`} className="text-xs text-quiet">
          {hint}
        </p>
      )}
    </div>
  )
}

function useWiring() {
  const field = useContext(FieldContext)
  if (field === undefined) return {}
  return {
    id: field.id,
    'aria-describedby': field.describedBy,
    ...(field.invalid && { 'aria-invalid': true }),
    ...(field.required && { required: true }),
  }
}

const control =
  'w-full min-w-0 border border-edge/70 bg-surface text-ink rounded-md text-base sm:text-sm transition-colors hover:border-edge ' +
  'disabled:opacity-60 disabled:bg-sunken aria-invalid:border-bad focus-visible:outline-2 focus-visible:outline-offset-0'
const heights = { sm: 'h-8 px-2 pointer-coarse:h-10', md: 'h-10 px-3 pointer-coarse:h-11' } as const
type Size = { size?: keyof typeof heights }

export function Input({ className, size = 'md', ...rest }: Omit<ComponentProps<'input'>, 'size'> & Size) {
  return <input {...useWiring()} {...rest} className={cx(control, heights[size], className)} />
}

export function Textarea({ className, rows = 4, ...rest }: ComponentProps<'textarea'>) {
  return <textarea {...useWiring()} rows={rows} {...rest} className={cx(control, 'px-3 py-2', className)} />
}

/** One of a few. The system's own list: right on phones, and without scripts. For many or searched: `Combobox`. */
export function Select({ className, size = 'md', ...rest }: Omit<ComponentProps<'select'>, 'size'> & Size) {
  return (
    <span className={cx('relative block', className)}>
      <select {...useWiring()} {...rest} className={cx(control, heights[size], 'appearance-none pr-8')} />
      <svg
        aria-hidden="true"
        viewBox="0 0 20 20"
        className="pointer-events-none absolute top-1/2 right-2.5 size-4 -translate-y-1/2 fill-none stroke-quiet stroke-2"
      >
        <path d="m5 7.5 5 5 5-5" strokeLinecap="round" strokeLinejoin="round" />
      </svg>
    </span>
  )
}
