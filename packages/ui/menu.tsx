import { Menu as Base } from '@base-ui/react/menu'
import type { ReactElement, ReactNode } from 'react'
import { cx } from './cx.ts'

export type MenuItem =
  | { label: string; icon?: ReactNode; danger?: boolean; disabled?: boolean; hint?: string; onSelect: () => void }
  | { separator: true }
  | { heading: string }

/** A short list of things to do, behind one button. */
export function Menu({
  trigger,
  items,
  align = 'end',
}: {
  trigger: ReactElement
  items: readonly MenuItem[]
  align?: 'start' | 'end'
}) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={6} align={align} className="z-50 outline-hidden">
          <Base.Popup className="max-h-(--available-height) min-w-44 overflow-y-auto rounded-lg border border-line bg-raised py-1 text-sm text-ink shadow-popup outline-hidden transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0">
            {items.map((item, index) => {
              // A menu is written down whole; its entries do not move.
              if ('separator' in item) return <Base.Separator key={index} className="my-1 h-px bg-line" />
              if ('heading' in item)
                return (
                  <div key={index} className="px-3 pt-1.5 pb-1 text-xs text-quiet">
                    {item.heading}
                  </div>
                )
              return (
                <Base.Item
                  key={index}
                  disabled={item.disabled ?? false}
                  onClick={item.onSelect}
                  className={cx(
                    'flex min-h-9 cursor-default items-center gap-2.5 px-3 py-1.5 outline-hidden select-none data-disabled:opacity-50 data-highlighted:bg-hover pointer-coarse:min-h-11 [&_svg]:size-4',
                    item.danger && 'text-bad',
                  )}
                >
                  {item.icon}
                  <span className="flex-1">{item.label}</span>
                  {item.hint && <span className="text-xs text-quiet">{item.hint}</span>}
                </Base.Item>
              )
            })}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}
