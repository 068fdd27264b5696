import type { LoaderFunctionArgs } from 'react-router'
import { productPath } from '../cards.ts'
import type { Suggestion } from '../parts/search-box.tsx'
import { runtimeContext } from '../runtime.server.ts'

/** While one types. No suggestions are better than an error in a search box. */
export async function loader({ context, request }: LoaderFunctionArgs) {
  const q = (new URL(request.url).searchParams.get('q') ?? '').trim().slice(0, 100)
  const found =
    q.length < 2
      ? []
      : await context
          .get(runtimeContext)
          .store.suggestions(q)
          .catch(() => [])
  const items = found.map(({ kind, text, productId, slug, shopSlug }): Suggestion => {
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
