import { type QueryKey, useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo, useRef, useState } from 'react'
import { type Answer, createRows, type Parts, renewed } from './pages.ts'

const perPart = 100

/**
 * A list of whatever length, read part by part as it comes into sight. Reading it anew costs what is in sight, however much
 * of it was read before.
 */
export function useList<Row>({
  queryKey,
  list,
  refetchMs,
  sight,
}: {
  queryKey: QueryKey
  list: (page: { cursor?: string; limit: number }) => Promise<Answer<Row>>
  refetchMs: number | undefined
  sight: () => { from: number; to: number }
}) {
  const queries = useQueryClient()
  const name = JSON.stringify(queryKey)
  const reading = useRef<string>(undefined)
  const [brokenOff, setBrokenOff] = useState<string>()
  const rowsOf = useMemo(() => createRows<Row>(), [])
  const read = (cursor: string | null) => list({ limit: perPart, ...(cursor !== null && { cursor }) })
  const known = () => queries.getQueryData<Parts<Row>>(queryKey) ?? []
  const query = useQuery<Parts<Row>>({
    queryKey,
    queryFn: async () => {
      const renew = await renewed(known(), sight(), read)
      return renew(known())
    },
    ...(refetchMs !== undefined && { refetchInterval: refetchMs }),
  })
  const parts = query.data
  const rows = useMemo(() => rowsOf(parts ?? []), [rowsOf, parts])

  async function more(): Promise<void> {
    const last = known().at(-1)
    if (last === undefined || last.nextCursor === null || reading.current === name) return
    const cursor = last.nextCursor
    reading.current = name
    try {
      const part = { cursor, ...(await read(cursor)) }
      queries.setQueryData<Parts<Row>>(queryKey, (now) => (now?.at(-1)?.nextCursor === cursor ? [...now, part] : now))
      setBrokenOff(undefined)
    } catch {
      setBrokenOff(name)
    } finally {
      if (reading.current === name) reading.current = undefined
    }
  }
  const again = () => void query.refetch()
  const failed = brokenOff === name ? () => void more() : query.isError ? again : undefined
  return {
    rows,
    waiting: query.isPending,
    error: query.error ?? undefined,
    again,
    going: {
      unfinished: (parts?.at(-1)?.nextCursor ?? null) !== null,
      more: () => void more(),
      ...(failed && { failed }),
    },
  }
}
