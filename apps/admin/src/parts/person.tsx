import { useQuery } from '@tanstack/react-query'
import { shortId } from '../format.ts'
import { useSession } from '../session.tsx'
import { souk } from '../souk.ts'

type Named = { givenName: string; familyName: string; email: string | null }
const mostAtOnce = 100

let asked = new Map<string, ((named: Named | null) => void)[]>()

/** Everybody a screen names is asked for at once: a list of a hundred orders has a hundred customers. */
function lookUp(id: string): Promise<Named | null> {
  return new Promise((resolve) => {
    if (asked.size === 0) setTimeout(() => void answerAll(), 20)
    asked.set(id, [...(asked.get(id) ?? []), resolve])
  })
}

async function answerAll(): Promise<void> {
  const waiting = [...asked]
  asked = new Map()
  for (let from = 0; from < waiting.length; from += mostAtOnce) {
    const some = waiting.slice(from, from + mostAtOnce)
    const body = { customerIds: some.map(([id]) => id) }
    // Without a name the id is shown: a list must not fail for an ornament.
    const found = await souk.getCustomers({ body }).then(
      ({ items }) => new Map(items.map((each) => [each.id, each])),
      () => new Map<string, Named>(),
    )
    for (const [id, resolves] of some) for (const resolve of resolves) resolve(found.get(id) ?? null)
  }
}

/** Somebody by name or e-mail address, to operators; staff of a shop know customers by their orders and see the id. */
export function Person({ id }: { id: string }) {
  const { operator } = useSession()
  const { data } = useQuery({
    queryKey: ['person', id],
    queryFn: () => lookUp(id),
    staleTime: 300_000,
    enabled: operator,
  })
  const name = data && (`${data.givenName} ${data.familyName}`.trim() || data.email)
  if (name) return <span title={id}>{name}</span>
  return <span className="font-mono text-xs">{shortId(id)}</span>
}
