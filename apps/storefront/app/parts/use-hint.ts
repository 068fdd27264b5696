import { useEffect, useState } from 'react'
import { useFetchers, useLocation, useNavigation } from 'react-router'

export type Hint = { name: string | undefined; guest: boolean; count: number }

/**
 * Who is here and how much is in the cart, from a cookie that says only that: pages are the same for everybody, so the
 * server cannot know. Undefined until scripts run.
 */
export function useHint(): Hint | undefined {
  const [hint, setHint] = useState<Hint>()
  const { key } = useLocation()
  const { state } = useNavigation()
  const busy = useFetchers().some((fetcher) => fetcher.state !== 'idle')
  useEffect(() => {
    if (state === 'idle' && !busy) setHint(readHint(document.cookie))
  }, [key, state, busy])
  return hint
}

export function readHint(cookies: string): Hint {
  const text = /(?:^|; )souk_hint=([^;]+)/.exec(cookies)?.[1]
  try {
    const { n, g, c } = JSON.parse(decodeURIComponent(text ?? '')) as { n?: unknown; g?: unknown; c?: unknown }
    return { name: typeof n === 'string' ? n : undefined, guest: g === true, count: Number(c) || 0 }
  } catch {
    return { name: undefined, guest: false, count: 0 }
  }
}
