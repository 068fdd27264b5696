import { ok, type Route, route } from '@souk/http'
import type { Shards } from '@souk/postgres'
import { Type } from 'typebox'
import { orderErrors } from './errors.ts'
import { unitsOfSale } from './sale-units.sql.ts'

const closed = { additionalProperties: false }

/** What a crowd wants to know of a sale. One row by its key: cheap enough to be asked for every second. */
export const saleRoutes = ({ shards }: { shards: Shards }): Route[] => [
  route({
    method: 'GET',
    url: '/v1/sales/:saleWindowId/remaining',
    operationId: 'getSaleRemaining',
    tag: 'Catalog',
    summary: 'How many units of a sale are left',
    description: 'Units held by orders that are not paid for yet may come back.',
    access: 'public',
    params: Type.Object({ saleWindowId: Type.String({ format: 'uuid' }) }, closed),
    answers: {
      200: Type.Object(
        {
          remaining: Type.Integer({ minimum: 0 }),
          units: Type.Integer({ minimum: 0, description: 'Set aside for the sale in all.' }),
          ended: Type.Boolean(),
        },
        closed,
      ),
    },
    errors: ['sale-unknown'],
    async handle({ params: { saleWindowId } }) {
      const found = await unitsOfSale(shards.ofId(saleWindowId).db.autocommit, saleWindowId)
      if (found === undefined) throw orderErrors.error('sale-unknown', 'There is no sale with this id.')
      return ok({ remaining: found.ended ? 0 : found.remaining, units: found.granted, ended: found.ended })
    },
  }),
]
