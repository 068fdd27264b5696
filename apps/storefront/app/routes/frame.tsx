import { Outlet, type LoaderFunctionArgs, useLoaderData, useNavigation, useRouteLoaderData } from 'react-router'
import { perhaps } from '../perhaps.server.ts'
import { langOf } from '../i18n/languages.ts'
import { useWords } from '../i18n/words.tsx'
import { ErrorPage } from '../parts/error-page.tsx'
import { Footer } from '../parts/footer.tsx'
import { Header } from '../parts/header.tsx'
import { runtimeContext } from '../runtime.server.ts'

/** What is around every page. Without categories when they cannot be read: the page itself may be fine. */
export async function loader({ context, request }: LoaderFunctionArgs) {
  const lang = langOf(new URL(request.url).pathname)
  const tree = await perhaps(context.get(runtimeContext).store.categories(lang), [])
  return { categories: tree.map(({ slug, title }) => ({ slug, title })) }
}

/** Categories change rarely; a navigation need not ask for them again. */
export const shouldRevalidate = () => false

export default function Frame() {
  const { categories } = useLoaderData<typeof loader>()
  return (
    <Shell categories={categories}>
      <main id="content" tabIndex={-1} className="outline-none">
        <Outlet />
      </main>
    </Shell>
  )
}

function Shell({ categories, children }: { categories: { slug: string; title: string }[]; children: React.ReactNode }) {
  const { state } = useNavigation()
  return (
    <div className="flex min-h-dvh flex-col">
      <div
        aria-hidden="true"
        data-busy={state === 'loading'}
        className="fixed inset-x-0 top-0 z-50 h-0.5 origin-left scale-x-0 bg-accent transition-transform duration-700 data-[busy=true]:scale-x-75 data-[busy=false]:duration-0"
      />
      <Header categories={categories} />
      <div className="flex-1">{children}</div>
      <Footer />
    </div>
  )
}

export function ErrorBoundary() {
  const { lang } = useWords()
  const found = useRouteLoaderData<typeof loader>(lang)
  return (
    <Shell categories={found?.categories ?? []}>
      <ErrorPage />
    </Shell>
  )
}
