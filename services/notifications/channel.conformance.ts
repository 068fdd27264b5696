import { uuidv7 } from '@souk/postgres'
import type { MessageStandIn } from '@souk/stand-ins/messages/index'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { type Outgoing, type Provider, ProviderAway } from './channel.ts'

export type Subject = {
  name: string
  standIn: MessageStandIn
  provider: Provider
  /** The same provider where nobody answers. */
  nowhere: Provider
  /** Addresses of its kind. */
  address(index: number): string
  /** It takes our words; false: it has its own, and only values travel. */
  ownWords: boolean
  /** Our id travels with the message. */
  knowsId: boolean
}

/** What every way out of the house must do, whoever the provider. */
export function channelConformance(subject: Subject): void {
  const { standIn, provider, address } = subject
  const signal = new AbortController().signal
  const message = (index: number): Outgoing => ({
    messageId: uuidv7(Date.now()),
    to: address(index),
    kind: 'notice',
    language: 'de',
    subject: `Größe №${index} ☕`,
    text: `Schön, dass Sie da sind – ${index}`,
    html: `<!doctype html><p>Schön & gut – ${index}</p>`,
    shopName: 'Lämpchen',
    values: ['Ada', 'Lämpchen', `Titel ${index}`, 'Text'],
  })

  describe(`${subject.name}, against a stand-in that speaks its protocol`, () => {
    beforeEach(() => {
      standIn.taken.length = 0
      standIn.troubles.length = 0
      standIn.unknownAddresses.clear()
    })
    afterAll(async () => {
      await provider.close?.()
      await subject.nowhere.close?.()
      await standIn.close()
    })

    test('a message arrives whole, and is known by a reference', async () => {
      const one = message(1)
      const [outcome] = await provider.send([one], signal)
      expect(outcome).toMatchObject({ kind: 'sent' })
      expect((outcome as { reference: string }).reference).not.toBe('')
      const [taken] = standIn.taken
      expect(taken?.to).toBe(one.to)
      if (subject.ownWords) expect(taken?.text).toMatch(/da sind/)
      else expect(taken?.text).toContain('Titel 1')
      if (subject.knowsId) expect(taken?.id).toBe(one.messageId)
    })

    test('a hundred arrive, one outcome each', async () => {
      const batch = Array.from({ length: 100 }, (_, index) => message(index))
      const outcomes = await provider.send(batch, signal)
      expect(outcomes.map(({ kind }) => kind)).toEqual(batch.map(() => 'sent'))
      expect(new Set(standIn.taken.map(({ to }) => to))).toEqual(new Set(batch.map(({ to }) => to)))
    })

    test('an address that does not exist is refused, the others go', async () => {
      standIn.unknownAddresses.add(address(2))
      const outcomes = await provider.send([message(1), message(2), message(3)], signal)
      expect(outcomes.map(({ kind }) => kind)).toEqual(['sent', 'refused', 'sent'])
      expect(standIn.taken.map(({ to }) => to).toSorted()).toEqual([address(1), address(3)].toSorted())
      // No address in what is kept about it.
      expect(JSON.stringify(outcomes[1])).not.toContain(address(2))
    })

    test('one that is not taken now may be later', async () => {
      standIn.troubles.push('busy')
      expect(await provider.send([message(1)], signal)).toMatchObject([{ kind: 'later' }])
      expect(standIn.taken).toEqual([])
    })

    test('one that was taken without a word may have arrived', async () => {
      standIn.troubles.push('cut')
      expect(await provider.send([message(1)], signal)).toMatchObject([{ kind: 'unknown' }])
      expect(standIn.taken).toHaveLength(1)
    })

    test('too many are a reason to rest, not a fault of the message', async () => {
      standIn.troubles.push('limit')
      await expect(provider.send([message(1)], signal)).rejects.toThrow(ProviderAway)
    })

    test('where nobody answers, nothing of the batch was taken', async () => {
      await expect(subject.nowhere.send([message(1), message(2)], signal)).rejects.toThrow(ProviderAway)
    })
  })
}
