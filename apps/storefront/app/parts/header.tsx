import { Link, NavLink, useSearchParams } from 'react-router'
import type { CategoryNode } from '../store.server.ts'
import { useWords } from '../i18n/words.tsx'
import { CartIcon, PersonIcon } from './icons.tsx'
import { SearchBox } from './search-box.tsx'
import { useHint } from './use-hint.ts'

export function Header({ categories }: { categories: readonly Pick<CategoryNode, 'slug' | 'title'>[] }) {
  const { t, to } = useWords()
  const hint = useHint()
  const [search] = useSearchParams()
  const known = hint?.name !== undefined
  const link =
    'flex h-11 items-center whitespace-nowrap rounded-md px-2.5 text-sm text-quiet hover:bg-hover hover:text-ink aria-[current=page]:text-ink aria-[current=page]:underline underline-offset-8 decoration-accent decoration-2'
  return (
    <header className="border-b border-line bg-paper">
      <a
        href="#content"
        className="absolute top-2 left-2 z-50 -translate-y-20 rounded-md bg-accent px-4 py-2 text-accent-ink focus:translate-y-0"
      >
        {t('skip')}
      </a>
      <div className="mx-auto grid max-w-7xl grid-cols-[1fr_auto] items-center gap-x-4 gap-y-3 px-4 pt-3 sm:px-6 md:grid-cols-[auto_1fr_auto] md:gap-x-8">
        <Link to={to('/')} className="flex items-center gap-2.5">
          <img src="/icon.svg" alt="" width={32} height={32} />
          <span className="display text-2xl">{t('site.name')}</span>
        </Link>
        <div className="flex items-center gap-0.5 md:order-last">
          <Link
            to={to(known && !hint.guest ? '/account' : '/sign-in')}
            className="flex h-11 min-w-11 items-center justify-center gap-2 rounded-md px-2 text-sm hover:bg-hover"
          >
            <PersonIcon className="size-5.5" />
            <span className="theirs hidden max-w-32 truncate sm:inline">
              {known && !hint.guest ? hint.name?.split(' ')[0] : t('nav.sign-in')}
            </span>
            <span className="sr-only sm:hidden">{t(known && !hint.guest ? 'nav.account' : 'nav.sign-in')}</span>
          </Link>
          <Link
            to={to('/cart')}
            className="relative flex h-11 min-w-11 items-center justify-center gap-2 rounded-md px-2 text-sm hover:bg-hover"
          >
            <CartIcon className="size-5.5" />
            <span className="hidden sm:inline">{t('nav.cart')}</span>
            <span className="sr-only sm:hidden">{t('nav.cart')}</span>
            {hint !== undefined && hint.count > 0 && (
              <span className="figures absolute top-0 left-5 grid h-5 min-w-5 place-items-center rounded-full bg-accent px-1 text-xs font-semibold text-accent-ink">
                {hint.count > 99 ? '99+' : hint.count}
              </span>
            )}
          </Link>
        </div>
        <SearchBox query={search.get('q') ?? ''} className="col-span-2 md:col-span-1" />
      </div>
      <nav
        aria-label={t('nav.categories')}
        className="mx-auto max-w-7xl overflow-x-auto px-2 py-1 sm:px-4 [scrollbar-width:none]"
      >
        <ul className="flex">
          <li>
            <NavLink to={to('/sales')} className={`${link} font-semibold text-accent!`} prefetch="intent">
              {t('nav.sales')}
            </NavLink>
          </li>
          {categories.map(({ slug, title }) => (
            <li key={slug}>
              <NavLink to={to(`/c/${slug}`)} className={link} prefetch="intent">
                {title}
              </NavLink>
            </li>
          ))}
          <li>
            <NavLink to={to('/s')} end className={link} prefetch="intent">
              {t('nav.shops')}
            </NavLink>
          </li>
        </ul>
      </nav>
    </header>
  )
}
