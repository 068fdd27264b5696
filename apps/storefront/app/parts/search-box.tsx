import { useId, useRef, useState } from 'react'
import { Form, useNavigate } from 'react-router'
import { useWords } from '../i18n/words.tsx'
import { SearchIcon } from './icons.tsx'

export type Suggestion = { text: string; path: string; kind: 'product' | 'category' | 'shop' | 'query' }
const waitMs = 120

/** A form that works by itself; with scripts it proposes while one types (combobox pattern of ARIA 1.2). */
export function SearchBox({ query = '', className }: { query?: string; className?: string }) {
  const { t, to, lang } = useWords()
  const id = useId()
  const navigate = useNavigate()
  const [found, setFound] = useState<readonly Suggestion[]>([])
  const [open, setOpen] = useState(false)
  const [at, setAt] = useState(-1)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const asked = useRef('')

  function ask(text: string) {
    clearTimeout(timer.current)
    asked.current = text
    setAt(-1)
    if (text.trim().length < 2) return setOpen(false)
    timer.current = setTimeout(() => {
      fetch(`/suggest?lang=${lang}&q=${encodeURIComponent(text.trim().slice(0, 100))}`)
        .then((answer) => (answer.ok ? (answer.json() as Promise<{ items: Suggestion[] }>) : { items: [] }))
        .then(({ items }) => {
          if (asked.current !== text) return
          setFound(items)
          setOpen(items.length > 0)
        })
        .catch(() => setOpen(false))
    }, waitMs)
  }
  /** What is still on its way is too late. */
  function close() {
    clearTimeout(timer.current)
    asked.current = ''
    setOpen(false)
  }
  function choose(suggestion: Suggestion) {
    close()
    void navigate(to(suggestion.path))
  }

  return (
    <Form action={to('/search')} role="search" className={`relative ${className ?? ''}`} onSubmit={close}>
      <label htmlFor={id} className="sr-only">
        {t('search.label')}
      </label>
      <SearchIcon className="pointer-events-none absolute top-1/2 left-3.5 size-4.5 -translate-y-1/2 text-quiet" />
      <input
        id={id}
        key={query}
        type="search"
        name="q"
        defaultValue={query}
        placeholder={t('search.placeholder')}
        maxLength={100}
        autoComplete="off"
        enterKeyHint="search"
        role="combobox"
        aria-expanded={open}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        {...(at >= 0 && { 'aria-activedescendant': `${id}-${at}` })}
        onChange={(event) => ask(event.target.value)}
        onBlur={() => setTimeout(close, 150)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') close()
          if (!open) return
          if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
            event.preventDefault()
            const step = event.key === 'ArrowDown' ? 1 : -1
            setAt((now) => ((now + step + found.length + 1 + 1) % (found.length + 1)) - 1)
          }
          const picked = found[at]
          if (event.key === 'Enter' && picked !== undefined) {
            event.preventDefault()
            choose(picked)
          }
        }}
        className="h-11 w-full rounded-full border border-edge/50 bg-surface pr-4 pl-10.5 text-base hover:border-edge sm:text-[0.9375rem]"
      />
      <ul
        id={`${id}-list`}
        role="listbox"
        aria-label={t('search.label')}
        lang={lang}
        hidden={!open}
        className="absolute inset-x-0 top-full z-30 mt-1.5 overflow-hidden rounded-lg border border-line bg-raised py-1.5 shadow-popup"
      >
        {found.map((suggestion, index) => (
          <li
            key={`${suggestion.kind} ${suggestion.path}`}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => choose(suggestion)}
            className="flex min-h-10 cursor-pointer items-center gap-3 px-4 py-2 text-[0.9375rem] hover:bg-hover aria-selected:bg-hover"
          >
            <span className="theirs min-w-0 flex-1">{suggestion.text}</span>
            {suggestion.kind === 'category' && <span className="text-xs text-quiet">{t('nav.categories')}</span>}
            {suggestion.kind === 'shop' && <span className="text-xs text-quiet">{t('nav.shops')}</span>}
          </li>
        ))}
      </ul>
    </Form>
  )
}
