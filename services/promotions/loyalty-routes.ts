import { cursorOf, ok, pageOf, readCursor, type Route, route } from '@souk/http'
import { Type } from 'typebox'
import { closed, firstPage, Id, orNull, type RouteDeps, tag, Time } from './edge.ts'
import { balancesOf, entriesOf } from './points.sql.ts'

export const loyaltyRoutes = ({ db }: RouteDeps): Route[] => [
  route({
    method: 'GET',
    url: '/v1/loyalty',
    operationId: 'getLoyalty',
    summary: 'Your points, and how they came about',
    description:
      'Points are earned when an order is confirmed and taken back when it is cancelled or goods return. Each shop has its own.',
    tag,
    access: 'signed-in',
    query: Type.Object(
      {
        limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
        cursor: Type.Optional(Type.String({ maxLength: 600 })),
      },
      closed,
    ),
    answers: {
      200: Type.Object(
        {
          balances: Type.Array(Type.Object({ shopId: Id, points: Type.Integer() }, closed)),
          items: Type.Array(
            Type.Object(
              {
                shopId: Id,
                orderId: Id,
                points: Type.Integer({ description: 'Negative when taken back.' }),
                reason: Type.Enum(['earned', 'cancelled', 'returned']),
                at: Time,
              },
              closed,
            ),
            { description: 'Newest first.' },
          ),
          nextCursor: orNull(Type.String()),
        },
        closed,
      ),
    },
    async handle({ query: { limit, cursor }, me }) {
      const [before] = readCursor('points', cursor, 'id') ?? [firstPage]
      const [balances, rows] = await Promise.all([
        balancesOf(db.autocommit, me.accountId),
        entriesOf(db.autocommit, me.accountId, before, limit + 1),
      ])
      const page = pageOf(
        rows,
        limit,
        ({ shopId, orderId, points, reason, madeAtMs }) => ({
          shopId,
          orderId,
          points,
          reason,
          at: new Date(madeAtMs).toISOString(),
        }),
        (last) => cursorOf('points', last.entryId),
      )
      return ok({ balances, ...page })
    },
  }),
]
