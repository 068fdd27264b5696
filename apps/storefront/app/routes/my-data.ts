import type { LoaderFunctionArgs } from 'react-router'
import { reading } from '../answers.server.ts'
import { visitContext } from '../visit.server.ts'

/** Everything that is held about whoever asks, as a file. */
export const loader = ({ context }: LoaderFunctionArgs) =>
  reading(async () => {
    const visit = context.get(visitContext)
    visit.mustBeSignedIn()
    const everything = await visit.souk.exportMyData()
    return new Response(JSON.stringify(everything, null, 2), {
      headers: {
        'content-type': 'application/json',
        'content-disposition': `attachment; filename="my-data-${everything.exportedAt.slice(0, 10)}.json"`,
        'cache-control': 'no-store',
      },
    })
  })
