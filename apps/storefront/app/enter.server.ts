import type { Visit } from './visit.server.ts'
import { takeCartAlong } from './cart.server.ts'

type Tokens = { accessToken: string; refreshToken: string; expiresInSeconds: number }

/** Signed in: whoever it is now, with the cart that was filled before. */
export async function enter(visit: Visit, answer: Tokens, email: string): Promise<void> {
  visit.signIn(answer, { id: '', name: '', email, guest: false })
  const me = await visit.souk.getMe()
  visit.signIn(answer, { id: me.accountId, name: me.name, email: me.email, guest: false })
  await takeCartAlong(visit)
}
