import type { ReactNode } from 'react'
import { Outlet, type LoaderFunctionArgs, useLoaderData, useNavigation, useRouteLoaderData } from 'react-router'
import { perhaps } from '../perhaps.server.ts'
import { langOf } from '../i18n/languages.ts'
import { useWords } from '../i18n/words.tsx'
import { ErrorPage } from '../parts/error-page.tsx'
import { Footer } from '../parts/footer.tsx'
import { Announced } from '../parts/said.tsx'
import { Header } from '../parts/header.tsx'
import { runtimeContext } from '../runtime.server.ts'
import { type Announcement, announcementIn, textIn } from '../set.ts'

/** What is around every page. Without categories when they cannot be read: the page itself may be fine. */
export async function loader({ context, request }: LoaderFunctionArgs) {
  const lang = langOf(new URL(request.url).pathname)
  const { store } = context.get(runtimeContext)
  const [tree, set] = await Promise.all([perhaps(store.categories(lang), []), store.settings()])
  return {
    categories: tree.map(({ slug, title }) => ({ slug, title })),
    announcement: announcementIn(set),
    supportEmail: textIn(set, 'support.email'),
  }
}

/** Categories change rarely; a navigation need not ask for them again. */
export const shouldRevalidate = () => false

export default function Frame() {
  return (
    <Shell {...useLoaderData<typeof loader>()}>
      <main id="content" tabIndex={-1} className="outline-none">
        <Outlet />
      </main>
    </Shell>
  )
}

type Around = {
  categories: { slug: string; title: string }[]
  announcement?: Announcement | undefined
  supportEmail?: string
}

function Shell({ categories, announcement, supportEmail = '', children }: Around & { children: ReactNode }) {
  const { state } = useNavigation()
  return (
    <div className="flex min-h-dvh flex-col">
      <div
        aria-hidden="true"
        data-busy={state === 'loading'}
        className="fixed inset-x-0 top-0 z-50 h-0.5 origin-left scale-x-0 bg-accent transition-transform duration-700 data-[busy=true]:scale-x-75 data-[busy=false]:duration-0"
      />
      {announcement && <Announced {...announcement} />}
      <Header categories={categories} />
      <div className="flex-1">{children}</div>
      <Footer supportEmail={supportEmail} />
    </div>
  )
}

export function ErrorBoundary() {
  const { lang } = useWords()
  const found = useRouteLoaderData<typeof loader>(lang)
  return (
    <Shell {...(found ?? { categories: [] })}>
      <ErrorPage />
    </Shell>
  )
}
