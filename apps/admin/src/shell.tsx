import { cx, IconButton, Loading, Menu } from '@souk/ui'
import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router'
import { Menu as Burger, CircleUser, LogOut, Palette, UserRound, X } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useDisplayOfAccount } from './display.ts'
import { type Entry, operatorEntries, shopEntries } from './navigation.ts'
import { Problem } from './parts/problem.tsx'
import { SignIn } from './screens/sign-in.tsx'
import { SessionGate, useSession } from './session.tsx'
import { ShopSwitcher, useShop } from './shop.tsx'

export function Root() {
  return (
    <SessionGate
      waiting={<Loading className="mx-auto max-w-sm p-8" label="Looking who is here" />}
      signedOut={(enter) => <SignIn enter={enter} />}
      failed={(error, again) => (
        <div className="mx-auto max-w-lg p-8">
          <Problem error={error} again={again} />
        </div>
      )}
    >
      <Shell />
    </SessionGate>
  )
}

function Shell() {
  const [open, setOpen] = useState(false)
  const path = useRouterState({ select: (state) => state.location.pathname })
  useEffect(() => setOpen(false), [path])
  useSlash()
  useDisplayOfAccount()
  return (
    <div className="flex h-dvh flex-col md:flex-row">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-60 focus:rounded-md focus:bg-accent focus:px-4 focus:py-2 focus:text-accent-ink"
      >
        To the content
      </a>
      <div className="flex items-center gap-2 border-b border-line bg-surface px-2 py-1.5 md:hidden">
        <IconButton
          label={open ? 'Close the menu' : 'Open the menu'}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          {open ? <X /> : <Burger />}
        </IconButton>
        <Brand />
        <span className="ml-auto">
          <AccountMenu />
        </span>
      </div>
      <div
        className={cx(
          'flex w-full shrink-0 flex-col gap-3 overflow-y-auto border-line bg-surface p-3 max-md:fixed max-md:inset-x-0 max-md:top-[3.4rem] max-md:bottom-0 max-md:z-30 md:w-60 md:border-r',
          !open && 'max-md:hidden',
        )}
      >
        <div className="flex items-center justify-between max-md:hidden">
          <Brand />
          <AccountMenu />
        </div>
        <Navigation />
      </div>
      <main id="content" tabIndex={-1} className="min-h-0 min-w-0 flex-1 overflow-y-auto outline-hidden">
        <Outlet />
      </main>
    </div>
  )
}

const Brand = () => (
  <Link to="/" className="flex items-center gap-2 rounded-sm px-1 font-semibold text-ink no-underline">
    <img src="/admin/icon.svg" alt="" className="size-7" /> Souk
  </Link>
)

function Navigation() {
  const { operator, may } = useSession()
  const shop = useShop()
  const shown = shop ? shopEntries.filter(({ duty }) => duty === undefined || may(shop.id, duty)) : []
  return (
    <nav aria-label="Main" className="flex flex-col gap-4">
      <div>
        <ShopSwitcher />
        {shop && shown.map((entry) => <NavLink key={entry.to} entry={entry} shopId={shop.id} />)}
      </div>
      {operator && (
        <div>
          <h2 className="px-2 pb-1 text-xs font-medium text-quiet">Marketplace</h2>
          {operatorEntries.map((entry) => (
            <NavLink key={entry.to} entry={entry} shopId="" />
          ))}
        </div>
      )}
    </nav>
  )
}

const NavLink = ({ entry: { to, label, icon: Icon }, shopId }: { entry: Entry; shopId: string }) => (
  <Link
    to={to as '/s/$shopId'}
    params={{ shopId }}
    activeOptions={{ exact: to === '/' || to === '/s/$shopId', includeSearch: false }}
    className="flex h-9 items-center gap-2.5 rounded-md px-2 text-sm text-ink no-underline hover:bg-hover data-[status=active]:bg-accent-soft data-[status=active]:font-medium data-[status=active]:text-accent-strong pointer-coarse:h-11"
  >
    <Icon aria-hidden="true" className="size-4 shrink-0" />
    {label}
  </Link>
)

function AccountMenu() {
  const { me, leave } = useSession()
  const navigate = useNavigate()
  return (
    <Menu
      trigger={
        <IconButton label={`You: ${me.name}`}>
          <CircleUser />
        </IconButton>
      }
      items={[
        { heading: me.email },
        { label: 'Your account', icon: <UserRound />, onSelect: () => void navigate({ to: '/me' }) },
        { label: 'Design system', icon: <Palette />, onSelect: () => void navigate({ to: '/design' }) },
        { separator: true },
        { label: 'Sign out', icon: <LogOut />, onSelect: () => void leave() },
      ]}
    />
  )
}

/** "/" goes to the search of the screen, from anywhere but a field. */
function useSlash() {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return
      const target = event.target as HTMLElement
      if (target.closest('input, textarea, select, [contenteditable]')) return
      const search = document.querySelector<HTMLInputElement>('[data-search]')
      if (search === null) return
      event.preventDefault()
      search.focus()
      search.select()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
}
