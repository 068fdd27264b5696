import { AlertDialog } from '@base-ui/react/alert-dialog'
import { Dialog as Base } from '@base-ui/react/dialog'
import { X } from 'lucide-react'
import { type ReactElement, type ReactNode, useRef } from 'react'
import { Button, IconButton } from './button.tsx'
import { cx } from './cx.ts'

const backdrop =
  'fixed inset-0 z-40 bg-shade transition-opacity duration-150 data-starting-style:opacity-0 data-ending-style:opacity-0'
// On a phone it comes up from below, within reach of the thumb.
const popup =
  'fixed inset-x-0 bottom-0 z-50 flex max-h-[92dvh] flex-col rounded-t-xl bg-raised text-ink shadow-popup outline-hidden ' +
  'transition-[translate,opacity] duration-150 data-starting-style:opacity-0 data-ending-style:opacity-0 max-sm:data-starting-style:translate-y-8 ' +
  'sm:inset-x-auto sm:top-1/2 sm:bottom-auto sm:left-1/2 sm:w-full sm:-translate-x-1/2 sm:-translate-y-1/2 sm:rounded-xl'
const side =
  'fixed inset-y-0 right-0 z-50 flex w-full flex-col bg-raised text-ink shadow-popup outline-hidden transition-transform duration-200 ' +
  'data-starting-style:translate-x-full data-ending-style:translate-x-full sm:w-md sm:max-w-[90vw]'
const firstField =
  'form :is(input, select, textarea):not([type=hidden], [aria-hidden=true], [tabindex="-1"], :disabled)'
const widths = { sm: 'sm:max-w-md', md: 'sm:max-w-xl', lg: 'sm:max-w-4xl' } as const

export type DialogProps = {
  title: ReactNode
  description?: ReactNode
  /** What opens it. Leave out when `open` is controlled. */
  trigger?: ReactElement
  open?: boolean
  onOpenChange?: (open: boolean) => void
  width?: keyof typeof widths
  /** Slide in from the side and take its whole height: for looking something up beside a list. */
  drawer?: boolean
  /** Buttons, last is what people came to do. */
  actions?: ReactNode
  children?: ReactNode
}

/** Something that needs an answer before going on, or a closer look. Keeps the focus, closes with Escape. */
export function Dialog({
  title,
  description,
  trigger,
  open,
  onOpenChange,
  width = 'md',
  drawer,
  actions,
  children,
}: DialogProps) {
  const box = useRef<HTMLDivElement>(null)
  return (
    <Base.Root {...(open !== undefined && { open })} onOpenChange={(next) => onOpenChange?.(next)}>
      {trigger && <Base.Trigger render={trigger} />}
      <Base.Portal>
        <Base.Backdrop className={backdrop} />
        <Base.Popup
          ref={box}
          className={drawer ? side : cx(popup, widths[width])}
          // What is to be filled in can be typed at once; a finger would only bring up a keyboard over what is to be read.
          initialFocus={(how) =>
            how === 'touch' ? null : (box.current?.querySelector<HTMLElement>(firstField) ?? null)
          }
        >
          <header className="flex items-start gap-3 px-5 pt-4 pb-2">
            <div className="min-w-0 flex-1">
              <Base.Title className="text-lg font-semibold wrap-anywhere">{title}</Base.Title>
              {description && <Base.Description className="mt-0.5 text-sm text-quiet">{description}</Base.Description>}
            </div>
            <Base.Close
              render={
                <IconButton label="Close" size="sm" className="-mr-2">
                  <X />
                </IconButton>
              }
            />
          </header>
          {/* Focusable: what does not fit is scrolled with the keyboard too. */}
          <div className="min-h-0 flex-1 overflow-y-auto px-5 py-2" tabIndex={-1}>
            {children}
          </div>
          {actions && (
            <footer className="flex flex-wrap justify-end gap-2 border-t border-line px-5 py-3">{actions}</footer>
          )}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}

/** Closes the dialog around it. */
export const DialogClose = ({ children = 'Cancel' }: { children?: ReactNode }) => (
  <Base.Close render={<Button>{children}</Button>} />
)

export type ConfirmProps = {
  title: ReactNode
  children?: ReactNode
  trigger?: ReactElement
  open?: boolean
  onOpenChange?: (open: boolean) => void
  /** What the button does, as a verb: "Refund €19.99". */
  confirm: ReactNode
  danger?: boolean
  busy?: boolean
  onConfirm: () => void
}

/** A question before something that cannot be undone. */
export function Confirm({
  title,
  children,
  trigger,
  open,
  onOpenChange,
  confirm,
  danger,
  busy,
  onConfirm,
}: ConfirmProps) {
  return (
    <AlertDialog.Root {...(open !== undefined && { open })} onOpenChange={(next) => onOpenChange?.(next)}>
      {trigger && <AlertDialog.Trigger render={trigger} />}
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className={backdrop} />
        <AlertDialog.Popup className={cx(popup, widths.sm)}>
          <div className="overflow-y-auto px-5 pt-5 pb-4">
            <AlertDialog.Title className="text-lg font-semibold">{title}</AlertDialog.Title>
            <AlertDialog.Description className="mt-1 text-sm text-quiet" render={<div />}>
              {children}
            </AlertDialog.Description>
          </div>
          <footer className="flex flex-wrap justify-end gap-2 border-t border-line px-5 py-3">
            <AlertDialog.Close render={<Button>Keep as it is</Button>} />
            <Button variant={danger ? 'danger' : 'primary'} busy={busy ?? false} onClick={onConfirm}>
              {confirm}
            </Button>
          </footer>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}
