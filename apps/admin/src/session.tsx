import { isProblem, type Me } from '@souk/sdk'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useMemo } from 'react'
import { forget, renew, signIn, signOut, souk } from './souk.ts'

export type Duty = 'catalog' | 'inventory' | 'orders' | 'members' | 'settings'
export type Workplace = { id: string; name: string; currency: string; slug: string }

export type Session = {
  me: Me
  operator: boolean
  /** Shops one works in; an operator reaches the others through the list of shops. */
  shops: readonly Workplace[]
  may(shopId: string, duty: Duty): boolean
  leave(): Promise<void>
}

const SessionContext = createContext<Session | undefined>(undefined)

export const useSession = (): Session => {
  const session = useContext(SessionContext)
  if (session === undefined) throw new Error('there is no session around this')
  return session
}

async function whoIsIt(): Promise<{ me: Me; shops: Workplace[] } | null> {
  if ((await renew()) === undefined) return null
  try {
    const me = await souk.getMe()
    const shops: Workplace[] = []
    // Nobody works in hundreds of shops; whoever does finds the rest in the list.
    if (me.shops.length > 0) shops.push(...(await souk.listMyShops({ query: { limit: 100 } })).items)
    return { me, shops }
  } catch (error) {
    if (!isProblem(error) || error.status !== 401) throw error
    forget()
    return null
  }
}

export type SessionGateProps = {
  children: ReactNode
  waiting: ReactNode
  signedOut: (enter: (email: string, password: string, code?: string) => Promise<void>) => ReactNode
  failed: (error: unknown, again: () => void) => ReactNode
}

/** Shows its children to whoever is signed in, and only to them. */
export function SessionGate({ children, waiting, signedOut, failed }: SessionGateProps) {
  const queries = useQueryClient()
  const who = useQuery({ queryKey: ['session'], queryFn: whoIsIt, staleTime: Number.POSITIVE_INFINITY, retry: 1 })
  const session = useMemo<Session | undefined>(() => {
    if (!who.data) return undefined
    const { me, shops } = who.data
    const operator = me.permissions.includes('operator')
    const duties = new Map(me.shops.map((shop) => [shop.shopId, new Set(shop.duties)]))
    return {
      me,
      shops,
      operator,
      may: (shopId, duty) => operator || (duties.get(shopId)?.has(duty) ?? false),
      async leave() {
        await signOut().catch(() => {})
        queries.clear()
        await queries.resetQueries({ queryKey: ['session'] })
      },
    }
  }, [who.data, queries])
  if (who.isPending) return waiting
  if (who.isError) return failed(who.error, () => void who.refetch())
  if (session === undefined)
    return signedOut(async (email, password, code) => {
      await signIn(email, password, code)
      await queries.resetQueries({ queryKey: ['session'] })
    })
  return <SessionContext value={session}>{children}</SessionContext>
}
