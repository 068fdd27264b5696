import { setTimeout as sleep } from 'node:timers/promises'
import { type HistoryEntry, keySource, seededRandom } from '../load/index.ts'
import type { Line, Stage } from './stage.ts'

/** A promise that was not kept, in words. */
export type Complaint = { about: 'same-key' | 'other-body' | 'cancel' | 'later'; text: string }

export type DifficultCustomers = {
  /** Let them finish what they are at. */
  leave(): Promise<void>
  /** What they saw, for the judge; targets are places in `asked`. */
  history: HistoryEntry[]
  asked: Line[][]
  /** Orders they cancelled and were told so. */
  cancelled: Set<string>
  complaints: Complaint[]
  /** How often each of their habits was indulged. */
  done: Record<Complaint['about'], number>
}

type Answer = { status: number; id: string; code: string; body: string }

/** Undecided yet: the client asks again with the same key. */
const undecided = (status: number, code: string) =>
  status === 0 || status >= 500 || status === 429 || status === 408 || code === 'idempotency-in-flight'

/**
 * Customers who click twenty times, use a key for something else, change their minds, or ask for an answer later; a few
 * at a time, each with a key of its own, repeated until somebody says yes or no.
 * @param from the first of their places in `stage.tokens`; they have the rest of it.
 */
export function letInDifficultCustomers(
  stage: Stage,
  options: { url: string; seed: number; from: number; atOnce: number; giveUpAfterMs: number },
): DifficultCustomers {
  const history: HistoryEntry[] = []
  const asked: Line[][] = []
  const cancelled = new Set<string>()
  const complaints: Complaint[] = []
  const done: DifficultCustomers['done'] = { 'same-key': 0, 'other-body': 0, cancel: 0, later: 0 }
  const keyOf = keySource(options.seed, 'difficult customers')
  let leaving = false
  let sequence = 0

  async function send(customer: number, path: string, body: string, key: string, prefer = ''): Promise<Answer> {
    try {
      const answer = await fetch(`${options.url}${path}`, {
        method: path.endsWith('/status') ? 'GET' : 'POST',
        headers: {
          authorization: `Bearer ${stage.tokens[customer]}`,
          ...(body !== '' && { 'content-type': 'application/json' }),
          ...(!path.endsWith('/status') && { 'idempotency-key': key }),
          ...(prefer !== '' && { prefer }),
        },
        ...(body !== '' && { body }),
        signal: AbortSignal.timeout(5_000),
      })
      const text = await answer.text()
      const told = (text.startsWith('{') ? JSON.parse(text) : {}) as { id?: string; code?: string }
      return { status: answer.status, id: told.id ?? '', code: told.code ?? '', body: text }
    } catch {
      return { status: 0, id: '', code: 'no-answer', body: '' }
    }
  }

  async function until(ask: () => Promise<Answer>): Promise<Answer & { attempts: number }> {
    const giveUpAt = performance.now() + options.giveUpAfterMs
    for (let attempts = 1; ; attempts += 1) {
      const answer = await ask()
      if (!undecided(answer.status, answer.code) || performance.now() > giveUpAt) return { ...answer, attempts }
      await sleep(Math.min(1_000, 50 * 2 ** Math.min(5, attempts)))
    }
  }

  const note = (
    customer: number,
    lines: Line[],
    place: number,
    answer: Answer & { attempts: number },
    repeat: boolean,
  ) => {
    const { status, code, id, attempts } = answer
    const outcome = undecided(status, code) ? 'indeterminate' : status < 300 ? 'accepted' : 'refused'
    asked.push(lines)
    history.push({
      customer,
      outcome,
      status,
      attempts,
      repeat,
      sequence: place,
      target: asked.length - 1,
      idempotencyKey: keyOf(place),
      sentAt: new Date(),
      orderId: outcome === 'accepted' && id !== '' ? id : null,
      code: outcome === 'accepted' ? '' : code,
      latencyMs: 0,
    })
  }
  const complain = (about: Complaint['about'], text: string) => complaints.push({ about, text })

  type Visit = { customer: number; place: number; key: string; random: () => number }

  async function clickOften({ customer, place, key, random }: Visit) {
    const { path, body, lines } = pick(stage.targets, random)
    const answers = await Promise.all(Array.from({ length: 20 }, () => until(() => send(customer, path, body, key))))
    answers.forEach((answer, index) => note(customer, lines, place, answer, index > 0))
    const ids = new Set(answers.filter(({ status }) => status > 0 && status < 300).map(({ id }) => id))
    if (ids.size > 1) complain('same-key', `key ${key} made ${[...ids].join(' and ')}`)
  }

  async function useKeyTwice({ customer, place, key }: Visit) {
    const { path, body, lines } = stage.plenty
    const first = await until(() => send(customer, path, body, key))
    note(customer, lines, place, first, false)
    // A refusal is not remembered: the key would be free for anything.
    if (first.status >= 300) return
    const other = JSON.stringify({ lines: [{ ...lines[0], quantity: 7 }] })
    const second = await until(() => send(customer, path, other, key))
    if (!undecided(second.status, second.code) && second.status !== 422)
      complain('other-body', `key ${key} with another body was answered ${second.status} ${second.code}`)
    // The same key in another hand is another key.
    const stranger = customer + 1 < stage.tokens.length ? customer + 1 : options.from
    note(stranger, lines, place, await until(() => send(stranger, path, body, key)), false)
  }

  async function changeMind({ customer, place, key, random }: Visit) {
    const { path, body, lines } = pick(stage.targets, random)
    const placed = await until(() => send(customer, path, body, key))
    note(customer, lines, place, placed, false)
    if (placed.status >= 300 || placed.id === '') return
    const again = await until(() => send(customer, `/v1/orders/${placed.id}/cancel`, '', `${key}-cancel`))
    if (again.status === 200) cancelled.add(placed.id)
    else if (!undecided(again.status, again.code))
      complain('cancel', `order ${placed.id} could not be cancelled: ${again.status} ${again.code}`)
  }

  async function waitForIt({ customer, place, key }: Visit) {
    const { path, body, lines } = stage.plenty
    const accepted = await until(() => send(customer, path, body, key, 'respond-async'))
    if (accepted.status !== 202) return note(customer, lines, place, accepted, false)
    const giveUpAt = performance.now() + options.giveUpAfterMs
    for (;;) {
      const answer = await until(() => send(customer, `/v1/orders/${accepted.id}/status`, '', ''))
      const { status = '' } = (answer.body.startsWith('{') ? JSON.parse(answer.body) : {}) as { status?: string }
      if (answer.status === 200 && status !== 'accepted') {
        const refused = status === 'refused'
        return note(
          customer,
          lines,
          place,
          { ...accepted, status: refused ? 409 : 202, code: refused ? 'refused-later' : '' },
          false,
        )
      }
      if (performance.now() > giveUpAt) {
        complain('later', `order ${accepted.id} was accepted and never decided (${answer.status} ${status})`)
        return note(customer, lines, place, accepted, false)
      }
      await sleep(100)
    }
  }

  const habits = { 'same-key': clickOften, 'other-body': useKeyTwice, cancel: changeMind, later: waitForIt }
  const names = Object.keys(habits) as Complaint['about'][]

  async function comeAndGo(): Promise<void> {
    while (!leaving) {
      const place = sequence++
      const random = seededRandom(options.seed + place)
      // Each comes once: two of their keys never belong to one customer, but for the stranger's.
      const customer = options.from + ((place * 2) % (stage.tokens.length - options.from))
      const habit = names[place % names.length] as Complaint['about']
      await habits[habit]({ customer, place, key: keyOf(place), random })
      done[habit] += 1
      await sleep(20 + random() * 60)
    }
  }
  const all = Array.from({ length: options.atOnce }, comeAndGo)
  return {
    history,
    asked,
    cancelled,
    complaints,
    done,
    async leave() {
      leaving = true
      await Promise.all(all)
    },
  }
}

const pick = <T>(items: readonly T[], random: () => number): T => items[Math.floor(random() * items.length)] as T
