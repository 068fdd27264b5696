import { Button, buttonClass, Select } from '@souk/ui/plain'
import { useId } from 'react'
import { Form, Link, useLocation, useSubmit } from 'react-router'
import type { MessageKey } from '../i18n/en.ts'
import { useWords } from '../i18n/words.tsx'

/** Lists have cursors, not numbers: on, and back to the beginning. */
export function MorePages({ next, first }: { next: string | null; first: boolean }) {
  const { t } = useWords()
  const { pathname, search } = useLocation()
  if (next === null && first) return null
  const at = (cursor: string | undefined) => {
    const query = new URLSearchParams(search)
    query.delete('after')
    if (cursor !== undefined) query.set('after', cursor)
    const text = query.toString()
    return text === '' ? pathname : `${pathname}?${text}`
  }
  return (
    <nav aria-label={t('search.next')} className="mt-12 flex justify-center gap-3">
      {!first && (
        <Link to={at(undefined)} className={buttonClass({})}>
          {t('search.previous')}
        </Link>
      )}
      {next !== null && (
        <Link to={at(next)} prefetch="intent" className={buttonClass({ variant: 'primary' })}>
          {t('search.next')}
        </Link>
      )}
    </nav>
  )
}

/** A list to choose from that works at once with scripts, and by its button without. */
export function SortBy({
  value,
  options,
  keep = {},
}: {
  value: string
  options: readonly string[]
  keep?: Record<string, string>
}) {
  const { t } = useWords()
  const submit = useSubmit()
  const id = useId()
  return (
    <Form className="flex items-center gap-2" preventScrollReset>
      {Object.entries(keep).map(([name, kept]) => (
        <input key={name} type="hidden" name={name} value={kept} />
      ))}
      <label htmlFor={id} className="text-sm whitespace-nowrap text-quiet">
        {t('search.sort')}
      </label>
      <Select
        id={id}
        name="sort"
        key={value}
        defaultValue={value}
        onChange={(event) => void submit(event.currentTarget.form, { preventScrollReset: true })}
        className="min-w-40"
      >
        {options.map((option) => (
          <option key={option} value={option}>
            {t(`search.sort.${option}` as MessageKey)}
          </option>
        ))}
      </Select>
      <noscript>
        <Button type="submit">{t('search.apply')}</Button>
      </noscript>
    </Form>
  )
}
