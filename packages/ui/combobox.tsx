import { Combobox as Base } from '@base-ui/react/combobox'
import { Check } from 'lucide-react'
import { cx } from './cx.ts'

export type Option = { value: string; label: string; note?: string }

/** One of many, found by typing. `onQuery` where the server searches; without it the given options are filtered. */
export function Combobox({
  label,
  options,
  value,
  onChange,
  onQuery,
  placeholder,
  empty = 'Nothing found',
  className,
}: {
  label: string
  options: readonly Option[]
  value: Option | null
  onChange: (option: Option | null) => void
  onQuery?: (query: string) => void
  placeholder?: string
  empty?: string
  className?: string
}) {
  return (
    <Base.Root
      items={options}
      value={value}
      onValueChange={(next: Option | null) => onChange(next)}
      onInputValueChange={(query) => onQuery?.(query)}
      isItemEqualToValue={(one, other) => one?.value === other?.value}
      {...(onQuery && { filter: null })}
    >
      <Base.Input
        aria-label={label}
        placeholder={placeholder}
        className={cx(
          'h-10 w-full min-w-0 rounded-md border border-edge/70 bg-surface px-3 text-base hover:border-edge sm:text-sm pointer-coarse:h-11',
          className,
        )}
      />
      <Base.Portal>
        <Base.Positioner sideOffset={4} className="z-50 outline-hidden">
          <Base.Popup className="max-h-[min(22rem,var(--available-height))] w-(--anchor-width) min-w-60 overflow-y-auto rounded-lg border border-line bg-raised py-1 text-sm text-ink shadow-popup">
            <Base.Empty className="px-3 text-quiet not-empty:py-2">{empty}</Base.Empty>
            <Base.List>
              {(option: Option) => (
                <Base.Item
                  key={option.value}
                  value={option}
                  className="flex cursor-default items-center gap-2 px-3 py-2 outline-hidden select-none data-highlighted:bg-hover"
                >
                  <span className="min-w-0 flex-1">
                    <span className="block truncate">{option.label}</span>
                    {option.note && <span className="block truncate text-xs text-quiet">{option.note}</span>}
                  </span>
                  <Base.ItemIndicator>
                    <Check className="size-4 text-accent" />
                  </Base.ItemIndicator>
                </Base.Item>
              )}
            </Base.List>
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}
