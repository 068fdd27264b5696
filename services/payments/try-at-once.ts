import type { AuthoriseDeps } from './authorise-orders.ts'
import type { Judged } from './decide-at-once.ts'
import type { Taken } from './operations.sql.ts'
import type { Dossier } from './payment.ts'
import { authoriseAsk } from './perform.ts'
import { type ProviderAnswer, ProviderOutcomeUnknown } from './provider.ts'
import { type Attempted, type Outcome, settleAttempts } from './settle-attempts.ts'

/**
 * Ask providers that answer many at once, while the orders' saga waits. The payments are written and taken already: what
 * is not answered in time, or dies with us, is looked up by the dispatcher like anything else.
 */
export async function tryAtOnce(
  deps: AuthoriseDeps,
  judged: readonly Judged[],
  taken: readonly Taken[],
): Promise<ReadonlyMap<string, Dossier>> {
  const byId = new Map(judged.map((each) => [each.payment.paymentId, each]))
  const attempted: Attempted[] = []
  await Promise.all(
    [...Map.groupBy(taken, ({ provider }) => provider)].map(async ([name, ofProvider]) => {
      const outcomes = await ask(deps, name, byId, ofProvider)
      ofProvider.forEach((each, index) => attempted.push({ taken: each, outcome: outcomes[index] as Outcome }))
    }),
  )
  return await deps.db.transaction((tx) => settleAttempts(tx, deps, attempted))
}

async function ask(
  deps: AuthoriseDeps,
  name: string,
  byId: ReadonlyMap<string, Judged>,
  taken: readonly Taken[],
): Promise<readonly Outcome[]> {
  const provider = deps.providers.named(name)
  const late = new ProviderOutcomeUnknown(`${name} did not answer within ${deps.atOnceMs} ms`)
  if (provider?.authoriseMany === undefined) return taken.map(() => ({ kind: 'error', error: late }))
  const asks = taken.map((each) => {
    const { payment, intent } = byId.get(each.paymentId) as Judged
    return authoriseAsk({ payment, intent }, each, deps)
  })
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late), deps.atOnceMs)
  })
  try {
    const many = provider.authoriseMany.bind(provider)
    const answers = await Promise.race([many(asks), timeout])
    return taken.map((_, index) => {
      const answer = answers[index]
      return answer === undefined || answer instanceof Error
        ? { kind: 'error', error: answer ?? late }
        : { kind: 'answer', answer: answer as ProviderAnswer }
    })
  } catch (error) {
    return taken.map(() => ({ kind: 'error', error }))
  } finally {
    clearTimeout(timer)
  }
}
