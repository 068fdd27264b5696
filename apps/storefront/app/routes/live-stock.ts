import type { LoaderFunctionArgs } from 'react-router'
import { runtimeContext } from '../runtime.server.ts'

/** What is on the shelf, by variant: in, low, out. */
export async function loader({ context, params }: LoaderFunctionArgs) {
  try {
    const { variants } = await context.get(runtimeContext).store.availability(params.productId ?? '')
    return Response.json(Object.fromEntries(variants.map(({ variantId, availability }) => [variantId, availability])), {
      headers: { 'cache-control': 'public, max-age=0, s-maxage=2, stale-while-revalidate=10' },
    })
  } catch {
    return Response.json(null, { status: 503 })
  }
}
