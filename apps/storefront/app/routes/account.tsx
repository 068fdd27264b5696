import { Badge, Button } from '@souk/ui/plain'
import { useEffect, useRef } from 'react'
import { Form, type LoaderFunctionArgs, NavLink, Outlet, useLoaderData, useLocation } from 'react-router'
import { reading } from '../answers.server.ts'
import { perhaps } from '../perhaps.server.ts'
import { useWords } from '../i18n/words.tsx'
import { Avatar } from '../parts/avatar.tsx'
import { Page } from '../parts/page.tsx'
import { visitContext } from '../visit.server.ts'

export const loader = ({ context }: LoaderFunctionArgs) =>
  reading(async () => {
    const visit = context.get(visitContext)
    const { name } = visit.mustBeSignedIn()
    const [loyalty, profile] = await Promise.all([
      perhaps(visit.souk.getLoyalty({ query: { limit: 1 } }), undefined),
      perhaps(visit.souk.getMyProfile(), undefined),
    ])
    const points = loyalty?.balances.reduce((sum, each) => sum + each.points, 0) ?? 0
    return { name, points, avatarUrl: profile?.avatar?.url }
  })

export default function Account() {
  const { name, points, avatarUrl } = useLoaderData<typeof loader>()
  const { t, to } = useWords()
  const { pathname } = useLocation()
  const nav = useRef<HTMLElement>(null)
  // On a phone the links are wider than the screen: the one of this page is brought into sight.
  useEffect(() => {
    const current = nav.current?.querySelector<HTMLElement>('[aria-current=page]')
    if (current) nav.current?.scrollTo({ left: current.offsetLeft - 24 })
  }, [pathname])
  const links = [
    ['/account', 'account.orders'],
    ['/account/returns', 'account.returns'],
    ['/account/reviews', 'account.review'],
    ['/account/wishlist', 'account.wishlist'],
    ['/account/addresses', 'account.addresses'],
    ['/account/messages', 'account.messages'],
    ['/account/profile', 'account.profile'],
    ['/account/preferences', 'account.preferences'],
  ] as const
  return (
    <Page className="max-w-6xl!">
      <header className="mt-8 flex flex-wrap items-center justify-between gap-4">
        <div className="flex min-w-0 items-center gap-4">
          <Avatar url={avatarUrl} name={name} />
          <h1 className="display theirs text-3xl sm:text-4xl">{t('account.hello', { name })}</h1>
        </div>
        {points > 0 && <Badge tone="accent">{t('account.points', { count: points })}</Badge>}
      </header>
      <div className="mt-6 grid gap-8 lg:grid-cols-[13rem_1fr] lg:gap-12">
        <nav ref={nav} aria-label={t('account.title')} className="relative -mx-4 overflow-x-auto px-4 sm:mx-0 sm:px-0">
          <ul className="flex gap-1 lg:flex-col">
            {links.map(([path, key]) => (
              <li key={path}>
                <NavLink
                  to={to(path)}
                  end
                  prefetch="intent"
                  className="flex min-h-11 items-center rounded-md px-3 text-sm whitespace-nowrap text-quiet hover:bg-hover aria-[current=page]:bg-accent-soft aria-[current=page]:font-medium aria-[current=page]:text-accent-strong"
                >
                  {t(key)}
                </NavLink>
              </li>
            ))}
            <li>
              <Form method="post" action={to('/sign-out')}>
                <Button type="submit" variant="quiet" className="min-h-11! px-3! font-normal! text-quiet!">
                  {t('nav.sign-out')}
                </Button>
              </Form>
            </li>
          </ul>
        </nav>
        <div className="min-w-0">
          <Outlet />
        </div>
      </div>
    </Page>
  )
}
