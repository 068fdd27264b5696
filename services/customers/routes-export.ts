import { httpErrors, ok, type Route, route } from '@souk/http'
import { Type } from 'typebox'
import { gatherPersonalData, type Keepers } from './personal-data.ts'
import { tag } from './routes-profile.ts'

const ExportView = Type.Object(
  {
    accountId: Type.String({ format: 'uuid' }),
    exportedAt: Type.String({ format: 'date-time' }),
    data: Type.Record(Type.String(), Type.Record(Type.String(), Type.Array(Type.Unknown())), {
      description: 'By service, by kind of record. Passwords, tokens and keys are kept as digests and not among them.',
    }),
  },
  { additionalProperties: false },
)

export const exportRoutes = ({
  keepers,
  clock,
  exportsPerMinute,
}: {
  keepers: Keepers
  clock: () => Date
  exportsPerMinute: number
}): Route[] => [
  route({
    method: 'GET',
    url: '/v1/customers/me/export',
    operationId: 'exportMyData',
    summary: 'Get everything that is held about me',
    description: 'Gathered from every service at this moment, as one JSON document. 503 where one of them is away.',
    tag,
    access: 'signed-in',
    answers: { 200: ExportView },
    // Reads all there is of a person, everywhere.
    limit: { name: 'export', perMinute: exportsPerMinute, per: 'account' },
    timeoutMs: 60_000,
    async handle({ me }) {
      // A key is given away for one purpose, and this is everything.
      if (me.kind === 'api-key') throw httpErrors.error('forbidden', 'Sign in for this: an API key is not enough.')
      const exportedAt = clock()
      const data = await gatherPersonalData(keepers, me.accountId)
      return ok(
        { accountId: me.accountId, exportedAt: exportedAt.toISOString(), data },
        {
          'content-disposition': `attachment; filename="my-data-${exportedAt.toISOString().slice(0, 10)}.json"`,
          'cache-control': 'no-store',
        },
      )
    },
  }),
]
