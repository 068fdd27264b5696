import { Button, cx, Dialog, DialogClose, Field, Input, Menu, Select } from '@souk/ui'
import { Bookmark, Search as SearchIcon, X } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { useViews } from './saved-views.ts'
import { useFilters } from './search.ts'
import { word } from '../work/form.ts'

export type Filter = {
  name: string
  label: string
  options: readonly (readonly [value: string, label: string])[]
  all?: string
}

/** Search and filters of a list, kept in the address; combinations one needs again can be saved under a name. */
export function FilterBar({
  screen,
  search,
  filters = [],
  children,
}: {
  screen: string
  search?: string
  filters?: readonly Filter[]
  children?: ReactNode
}) {
  const [values, set] = useFilters()
  const [text, setText] = useState(values.q ?? '')
  const [views, keep] = useViews(screen)
  const [naming, setNaming] = useState(false)
  const used = Object.keys(values).length > 0
  // What is typed is looked for when the typing rests.
  useEffect(() => {
    if (text === (values.q ?? '')) return
    const timer = setTimeout(() => set({ q: text }), 250)
    return () => clearTimeout(timer)
  })
  return (
    <search className="flex flex-wrap items-end gap-2">
      {search !== undefined && (
        <span className="relative min-w-40 flex-1 basis-48 sm:max-w-80">
          <SearchIcon
            aria-hidden="true"
            className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 text-quiet"
          />
          <Input
            data-search
            type="search"
            aria-label={search}
            aria-keyshortcuts="/"
            maxLength={100}
            placeholder={`${search}  ( / )`}
            value={text}
            onChange={(event) => setText(event.target.value)}
            className="pl-8"
          />
        </span>
      )}
      {filters.map(({ name, label, options, all = `${label}: all` }) => (
        <Select
          key={name}
          aria-label={label}
          value={values[name] ?? ''}
          onChange={(event) => set({ [name]: event.target.value })}
          className={cx(
            'max-w-60 min-w-34 max-sm:max-w-none max-sm:flex-1 max-sm:basis-34',
            values[name] && '[&_select]:border-accent',
          )}
        >
          <option value="">{all}</option>
          {options.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </Select>
      ))}
      {children}
      {used && (
        <Button
          variant="quiet"
          onClick={() => {
            setText('')
            set(Object.fromEntries(Object.keys(values).map((name) => [name, undefined])))
          }}
        >
          <X /> Clear
        </Button>
      )}
      <Menu
        trigger={
          <Button variant="quiet">
            <Bookmark /> Views
          </Button>
        }
        items={[
          ...(views.length === 0 ? [{ heading: 'Filters you save appear here' }] : []),
          ...views.map((view) => ({
            label: view.name,
            onSelect: () => {
              setText(view.search.q ?? '')
              set({ ...Object.fromEntries(Object.keys(values).map((name) => [name, undefined])), ...view.search })
            },
          })),
          { separator: true as const },
          { label: 'Save these filters…', disabled: !used, onSelect: () => setNaming(true) },
          ...views.map((view) => ({
            label: `Forget “${view.name}”`,
            danger: true,
            onSelect: () => keep(views.filter((each) => each !== view)),
          })),
        ]}
      />
      <Dialog
        open={naming}
        onOpenChange={setNaming}
        title="Save these filters"
        width="sm"
        actions={
          <>
            <DialogClose />
            <Button variant="primary" type="submit" form="name-view">
              Save
            </Button>
          </>
        }
      >
        <form
          id="name-view"
          onSubmit={(event) => {
            event.preventDefault()
            const name = word(new FormData(event.currentTarget), 'name')
            if (name === '') return
            keep([...views.filter((view) => view.name !== name), { name, search: values }])
            setNaming(false)
          }}
        >
          <Field label="Name" hint="They are kept with your account, for every device of yours.">
            <Input name="name" maxLength={40} required autoFocus />
          </Field>
        </form>
      </Dialog>
    </search>
  )
}
