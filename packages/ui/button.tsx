import type { ComponentProps, ReactNode } from 'react'
import { cx } from './cx.ts'
import { Spinner } from './spinner.tsx'

export type ButtonLook = {
  /** `primary` once a view, for what people came to do; `danger` for what cannot be taken back. */
  variant?: 'primary' | 'secondary' | 'quiet' | 'danger'
  size?: 'sm' | 'md' | 'lg'
}

const variants = {
  primary: 'bg-accent text-accent-ink hover:bg-accent-strong border-transparent',
  secondary: 'bg-surface text-ink border-edge/60 hover:bg-hover',
  quiet: 'bg-transparent text-ink border-transparent hover:bg-hover',
  danger: 'bg-bad text-bad-ink border-transparent hover:opacity-90',
} as const

const sizes = {
  sm: 'h-8 px-2.5 text-sm gap-1.5 rounded-sm pointer-coarse:h-10',
  md: 'h-10 px-4 text-sm gap-2 rounded-md pointer-coarse:h-11',
  lg: 'h-12 px-6 text-base gap-2 rounded-md',
} as const

/** The look of a button, for links of whatever router: `<Link className={buttonClass({ variant: 'primary' })}>`. */
export const buttonClass = ({ variant = 'secondary', size = 'md' }: ButtonLook = {}): string =>
  cx(
    'inline-flex shrink-0 items-center justify-center border font-medium whitespace-nowrap no-underline select-none transition-colors',
    'disabled:opacity-50 aria-disabled:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0',
    variants[variant],
    sizes[size],
  )

export type ButtonProps = ComponentProps<'button'> &
  ButtonLook & {
    /** Under way: shows that it is, and cannot be pressed again. Keeps the focus. */
    busy?: boolean
  }

export function Button({ variant, size, busy, className, children, type = 'button', onClick, ...rest }: ButtonProps) {
  return (
    <button
      type={type}
      {...rest}
      {...(busy && { 'aria-busy': true, 'aria-disabled': true })}
      onClick={(event) => {
        if (busy) event.preventDefault()
        else onClick?.(event)
      }}
      className={cx(buttonClass({ ...(variant && { variant }), ...(size && { size }) }), className)}
    >
      {busy && <Spinner />}
      {children}
    </button>
  )
}

/** A button that shows only a picture: `label` is what it is called. */
export function IconButton({
  label,
  children,
  size = 'md',
  className,
  variant = 'quiet',
  ...rest
}: Omit<ButtonProps, 'children'> & { label: string; children: ReactNode }) {
  const square = { sm: 'w-8 px-0! pointer-coarse:w-10', md: 'w-10 px-0! pointer-coarse:w-11', lg: 'w-12 px-0!' }[size]
  return (
    <Button
      {...rest}
      aria-label={label}
      title={label}
      variant={variant}
      size={size}
      className={cx(square, '[&_svg]:size-4.5!', className)}
    >
      {children}
    </Button>
  )
}
