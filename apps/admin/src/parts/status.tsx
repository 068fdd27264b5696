import { Badge } from '@souk/ui'
import { useEffect, useState } from 'react'
import { formatAgo, formatExact, formatMoment, humanise, toneOf } from '../format.ts'

export const Status = ({ of: state }: { of: string }) => <Badge tone={toneOf(state)}>{humanise(state)}</Badge>

/** The moment, and how long ago to whoever rests on it. */
export const When = ({ at, ago = false }: { at: string | null; ago?: boolean }) => {
  const now = useNow(ago && at !== null ? 15_000 : 3_600_000)
  if (at === null) return <span className="text-quiet">–</span>
  return (
    <time dateTime={at} title={formatExact(at)} className="figures whitespace-nowrap">
      {ago ? formatAgo(at, now) : formatMoment(at)}
    </time>
  )
}

/** The time, renewed every so often. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return now
}
