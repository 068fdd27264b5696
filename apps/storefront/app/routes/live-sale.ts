import { isProblem } from '@souk/sdk'
import type { LoaderFunctionArgs } from 'react-router'
import { runtimeContext } from '../runtime.server.ts'

/** Asked every second by everybody who looks at a sale; the page cache makes one question a second of it. */
export async function loader({ context, params }: LoaderFunctionArgs) {
  const saleId = params.saleId ?? ''
  const { store } = context.get(runtimeContext)
  try {
    const [sale, units] = await Promise.all([store.sale(saleId), store.remaining(saleId)])
    return Response.json(
      {
        remaining: units.remaining,
        units: units.units,
        ended: units.ended,
        startsAt: sale.startsAt,
        endsAt: sale.endsAt,
        now: new Date().toISOString(),
      },
      { headers: { 'cache-control': 'public, max-age=0, s-maxage=1, stale-while-revalidate=3, stale-if-error=60' } },
    )
  } catch (error) {
    const gone = isProblem(error) && error.status < 500
    return Response.json(null, {
      status: gone ? 404 : 503,
      headers: { 'cache-control': 'public, max-age=0, s-maxage=1' },
    })
  }
}
