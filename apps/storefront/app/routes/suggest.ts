import type { LoaderFunctionArgs } from 'react-router'
import { productPath } from '../cards.ts'
import { defaultLang, languages } from '../i18n/languages.ts'
import type { Suggestion } from '../parts/search-box.tsx'
import { perhaps } from '../perhaps.server.ts'
import { runtimeContext } from '../runtime.server.ts'
import { flat } from '../store.server.ts'

/** A word of it does; a category is found by what its reader calls it. */
const begins = (title: string, q: string) => ` ${title.toLowerCase()}`.includes(` ${q.toLowerCase()}`)

/** While one types. No suggestions are better than an error in a search box. */
export async function loader({ context, request }: LoaderFunctionArgs) {
  const { searchParams } = new URL(request.url)
  const q = (searchParams.get('q') ?? '').trim().slice(0, 100)
  const lang = languages.find((each) => each === searchParams.get('lang')) ?? defaultLang
  const { store } = context.get(runtimeContext)
  const [found, tree] =
    q.length < 2
      ? [[], []]
      : await Promise.all([perhaps(store.suggestions(q), []), perhaps(store.categories(lang), [])])
  const categories = flat(tree).filter(({ title }) => begins(title, q))
  const items = [
    ...categories
      .slice(0, 3)
      .map(({ slug, title }) => ({ kind: 'category' as const, text: title, slug, productId: null, shopSlug: null })),
    ...found.filter(({ kind }) => kind !== 'category'),
  ].map(({ kind, text, productId, slug, shopSlug }): Suggestion => {
    if (kind === 'product' && productId !== null)
      return { kind, text, path: productPath({ id: productId, slug: slug ?? '' }) }
    if (kind === 'category' && slug !== null) return { kind, text, path: `/c/${slug}` }
    if (kind === 'shop' && (shopSlug ?? slug) !== null) return { kind, text, path: `/s/${shopSlug ?? slug}` }
    return { kind: 'query', text, path: `/search?q=${encodeURIComponent(text)}` }
  })
  return Response.json(
    { items },
    { headers: { 'cache-control': 'public, max-age=60, s-maxage=30, stale-while-revalidate=120' } },
  )
}
