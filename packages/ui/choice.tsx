import { Switch as BaseSwitch } from '@base-ui/react/switch'
import { type ComponentProps, type ReactNode, useId } from 'react'
import { cx } from './cx.ts'

type ChoiceProps = Omit<ComponentProps<'input'>, 'type' | 'size'> & { label: ReactNode; hint?: ReactNode }

function Choice({ label, hint, className, type, ...rest }: ChoiceProps & { type: 'checkbox' | 'radio' }) {
  const id = useId()
  return (
    <label className={cx('flex items-start gap-2.5 py-1 text-sm pointer-coarse:py-2', className)}>
      <input
        type={type}
        {...rest}
        {...(hint != null && { 'aria-describedby': `${id}-hint` })}
        className="mt-0.5 size-4 shrink-0 accent-accent"
      />
      <span className="min-w-0">
        {label}
        {hint != null && (
          <span id={`${id}-hint`} className="block text-xs text-quiet">
            {hint}
          </span>
        )}
      </span>
    </label>
  )
}

export const Checkbox = (props: ChoiceProps) => <Choice {...props} type="checkbox" />
export const Radio = (props: ChoiceProps) => <Choice {...props} type="radio" />

/** Choices that belong together, under one name. */
export function ChoiceGroup({
  legend,
  className,
  children,
}: {
  legend: ReactNode
  className?: string
  children: ReactNode
}) {
  return (
    <fieldset className={cx('min-w-0', className)}>
      <legend className="mb-1 text-sm font-medium">{legend}</legend>
      {children}
    </fieldset>
  )
}

/** On or off, in force at once. Inside forms that are sent later use `Checkbox`. */
export function Switch({
  label,
  hideLabel,
  ...rest
}: Omit<ComponentProps<typeof BaseSwitch.Root>, 'className' | 'children'> & { label: string; hideLabel?: boolean }) {
  const id = useId()
  return (
    <span className="inline-flex items-center gap-2.5 text-sm">
      <BaseSwitch.Root
        {...rest}
        aria-labelledby={id}
        className="relative inline-flex h-6 w-10 shrink-0 rounded-full border border-edge bg-sunken p-0.5 transition-colors data-checked:border-accent data-checked:bg-accent data-disabled:opacity-50"
      >
        <BaseSwitch.Thumb className="block aspect-square h-full rounded-full bg-edge transition-transform data-checked:translate-x-4 data-checked:bg-accent-ink" />
      </BaseSwitch.Root>
      <span id={id} className={hideLabel ? 'sr-only' : undefined}>
        {label}
      </span>
    </span>
  )
}
