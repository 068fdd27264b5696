import { useEffect, useState } from 'react'
import { useWords } from '../i18n/words.tsx'

/** The time now, a new one each second; the server's when the page was made until scripts run. */
export function useNow(initial: number): number {
  const [now, setNow] = useState(initial)
  useEffect(() => {
    setNow(Date.now())
    const timer = setInterval(() => setNow(Date.now()), 1_000)
    return () => clearInterval(timer)
  }, [])
  return now
}

export type Phase = 'upcoming' | 'running' | 'past'
export const phaseAt = (now: number, startsAt: string, endsAt: string): Phase =>
  now < Date.parse(startsAt) ? 'upcoming' : now < Date.parse(endsAt) ? 'running' : 'past'

const pad = (value: number) => String(value).padStart(2, '0')

/** 93784 → { days: 1, clock: "02:03:04" } */
export function clockOf(seconds: number): { days: number; clock: string } {
  const left = Math.max(0, Math.floor(seconds))
  return {
    days: Math.floor(left / 86_400),
    clock: `${pad(Math.floor(left / 3_600) % 24)}:${pad(Math.floor(left / 60) % 60)}:${pad(left % 60)}`,
  }
}

/** "Ends in 02:03:04". Without scripts it says when. Not read out each second: the time is there to be looked up. */
export function Countdown({ startsAt, endsAt, large = false }: { startsAt: string; endsAt: string; large?: boolean }) {
  const { t, date } = useWords()
  const now = useNow(0)
  const phase = now === 0 ? undefined : phaseAt(now, startsAt, endsAt)
  if (phase === 'past') return <span>{t('sale.over')}</span>
  const until = phase === 'upcoming' ? startsAt : endsAt
  // The moment of rendering is not the moment of reading: pages are kept.
  if (phase === undefined) {
    const [from, until] = [date(startsAt, 'minute'), date(endsAt, 'minute')]
    return <span className="figures">{large ? t('sale.window', { from, until }) : t('sale.until', { until })}</span>
  }
  const { days, clock } = clockOf((Date.parse(until) - now) / 1_000)
  return (
    <span role="timer" aria-live="off">
      {t(phase === 'upcoming' ? 'sale.upcoming' : 'sale.ends')}{' '}
      <time
        dateTime={until}
        className={
          large
            ? 'figures mt-1 block text-4xl font-semibold tracking-tight text-ink sm:text-5xl'
            : 'figures font-semibold text-ink'
        }
      >
        {days > 0 && `${t('sale.days', { count: days })} `}
        {clock}
      </time>
    </span>
  )
}
