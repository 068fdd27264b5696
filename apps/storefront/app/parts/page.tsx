import { cx } from '@souk/ui/plain'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { useWords } from '../i18n/words.tsx'
import { ChevronIcon } from './icons.tsx'

export function Page({ children, narrow, className }: { children: ReactNode; narrow?: boolean; className?: string }) {
  return (
    <div className={cx('mx-auto w-full px-4 sm:px-6', narrow ? 'max-w-3xl' : 'max-w-7xl', className)}>{children}</div>
  )
}

export function Section({
  title,
  more,
  children,
  id,
}: {
  title: string
  more?: string
  children: ReactNode
  id?: string
}) {
  const { t, to } = useWords()
  return (
    <section className="mt-14 sm:mt-18" {...(id && { id })}>
      <header className="mb-5 flex items-baseline justify-between gap-4">
        <h2 className="display text-2xl sm:text-3xl">{title}</h2>
        {more && (
          <Link to={to(more)} className="shrink-0 text-sm font-medium text-accent hover:underline">
            {t('nav.more')}
            <span className="sr-only">: {title}</span>
          </Link>
        )}
      </header>
      {children}
    </section>
  )
}

/** Where one is; the last one is the page itself. */
export function Crumbs({ items }: { items: readonly { title: string; path?: string }[] }) {
  const { t, to } = useWords()
  return (
    <nav aria-label={t('nav.here')} className="py-4 text-sm text-quiet">
      <ol className="flex flex-wrap items-center gap-1">
        <li>
          <Link to={to('/')} className="hover:text-ink hover:underline">
            {t('nav.home')}
          </Link>
        </li>
        {items.map(({ title, path }) => (
          <li key={title} className="flex min-w-0 items-center gap-1">
            <ChevronIcon className="size-3.5 shrink-0" />
            {path === undefined ? (
              <span aria-current="page" className="theirs text-ink">
                {title}
              </span>
            ) : (
              <Link to={to(path)} className="theirs hover:text-ink hover:underline">
                {title}
              </Link>
            )}
          </li>
        ))}
      </ol>
    </nav>
  )
}
