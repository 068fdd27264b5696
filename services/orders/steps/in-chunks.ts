import { DomainError } from '@souk/errors'
import { CircuitOpen } from '@souk/resilience'
import { failed } from '../saga.ts'
import { type Through, unguarded } from './through.ts'

/** What a call may carry, by the contracts. */
export const maxPerCall = 2_048
/**
 * Ask another service (`who`, for whoever reads what went wrong) about many things, in calls of what one may carry; one answer each, in their order. A call that
 * failed fails those it asked about. One that was refused is halved until whoever is to blame is alone with it.
 */
export async function inChunks<Item, Answer>(
  who: string,
  items: readonly Item[],
  ask: (chunk: readonly Item[]) => Promise<readonly Answer[]>,
  through: Through = unguarded,
): Promise<(Answer | ReturnType<typeof failed>)[]> {
  if (items.length > maxPerCall) {
    const answers: (Answer | ReturnType<typeof failed>)[] = []
    for (let at = 0; at < items.length; at += maxPerCall)
      answers.push(...(await inChunks(who, items.slice(at, at + maxPerCall), ask, through)))
    return answers
  }
  if (items.length === 0) return []
  try {
    const answers = await through(() => ask(items))
    if (answers.length !== items.length) throw new Error(`asked about ${items.length}, answered ${answers.length}`)
    return answers as Answer[]
  } catch (error) {
    if (!isRefusal(error) || items.length === 1) {
      const failure = failed(
        `${who} could not: ${wordsOf(error)}`,
        error instanceof CircuitOpen ? error.retryAfterMs : 0,
      )
      return items.map(() => failure)
    }
    const middle = items.length >> 1
    return [
      ...(await inChunks(who, items.slice(0, middle), ask, through)),
      ...(await inChunks(who, items.slice(middle), ask, through)),
    ]
  }
}

/** Of what was asked, not of the moment. */
const isRefusal = (error: unknown) => error instanceof DomainError && [400, 404, 409, 422].includes(error.row.status)

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 300)
