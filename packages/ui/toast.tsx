import { Toast } from '@base-ui/react/toast'
import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button, IconButton } from './button.tsx'
import { cx } from './cx.ts'

type Data = { undo?: () => void; undoLabel?: string }

export type Notice = {
  title: string
  detail?: string
  tone?: 'good' | 'bad' | 'info'
  /** Offered while the notice is shown. */
  undo?: () => void
  undoLabel?: string
}

/** Around whatever may tell people something in passing. */
export function ToastProvider({ children }: { children: ReactNode }) {
  return (
    <Toast.Provider limit={4} timeout={6_000}>
      {children}
      <Toast.Portal>
        <Toast.Viewport className="fixed inset-x-3 bottom-3 z-60 flex flex-col gap-2 outline-hidden sm:right-4 sm:bottom-4 sm:left-auto sm:w-90">
          <Toasts />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  )
}

/** `tell({ title: 'Shipped', tone: 'good', undo })`. Faults stay until they are put away. */
export function useToast(): (notice: Notice) => string {
  const { add } = Toast.useToastManager<Data>()
  return ({ title, detail, tone = 'info', undo, undoLabel }) =>
    add({
      title,
      ...(detail !== undefined && { description: detail }),
      type: tone,
      priority: tone === 'bad' ? 'high' : 'low',
      timeout: tone === 'bad' ? 0 : undo ? 12_000 : 6_000,
      data: { ...(undo && { undo }), ...(undoLabel !== undefined && { undoLabel }) },
    })
}

const bars: Record<string, string> = { good: 'bg-good', bad: 'bg-bad', info: 'bg-info' }

function Toasts() {
  const { toasts, close } = Toast.useToastManager<Data>()
  return toasts.map((toast) => (
    <Toast.Root
      key={toast.id}
      toast={toast}
      swipeDirection={['right', 'down']}
      className="relative overflow-hidden rounded-lg border border-line bg-raised shadow-popup transition-opacity data-ending-style:opacity-0 data-limited:hidden data-starting-style:opacity-0"
    >
      <span aria-hidden="true" className={cx('absolute inset-y-0 left-0 w-1', bars[toast.type ?? 'info'])} />
      <Toast.Content className="flex items-center gap-2 py-2.5 pr-2 pl-4">
        <div className="min-w-0 flex-1">
          <Toast.Title className="text-sm font-medium wrap-anywhere" />
          <Toast.Description className="text-sm text-quiet wrap-anywhere" />
        </div>
        {toast.data?.undo && (
          <Button
            size="sm"
            onClick={() => {
              toast.data?.undo?.()
              close(toast.id)
            }}
          >
            {toast.data.undoLabel ?? 'Undo'}
          </Button>
        )}
        <Toast.Close
          render={
            <IconButton label="Put away" size="sm">
              <X />
            </IconButton>
          }
        />
      </Toast.Content>
    </Toast.Root>
  ))
}
