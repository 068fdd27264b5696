import { type Client, OpenFeature, ProviderEvents } from '@openfeature/server-sdk'
import { memoryLog } from '@souk/testing'
import { afterEach, describe, expect, test } from 'vitest'
import type { Flag } from './flag.ts'
import { createFlagProvider } from './provider.ts'
import { createSnapshot, type Loaded } from './snapshot.ts'

const boolean = (key: string, on: boolean): Flag => ({
  key,
  description: '',
  type: 'boolean',
  variants: [
    { name: 'on', value: true },
    { name: 'off', value: false },
  ],
  fallback: 'off',
  enabled: true,
  exposed: true,
  rules: [],
  otherwise: on ? [{ variant: 'on', basisPoints: 10_000 }] : [],
})

function aSnapshot() {
  let stored: Loaded = { revision: 1, flags: [boolean('new-page', false)] }
  let away = false
  let hang: Promise<void> | undefined
  let nowMs = 0
  let looks = 0
  const log = memoryLog()
  const snapshot = createSnapshot({
    freshMs: 1_000,
    log,
    now: () => nowMs,
    async load(known) {
      looks += 1
      await hang
      if (away) throw new Error('the database is away')
      return known === stored.revision ? undefined : stored
    },
  })
  return {
    snapshot,
    log,
    store: (...flags: Flag[]) => (stored = { revision: stored.revision + 1, flags }),
    goAway: (gone: boolean) => (away = gone),
    hangOn(until: Promise<void> | undefined): void {
      hang = until
    },
    pass: (ms: number) => (nowMs += ms),
    looks: () => looks,
  }
}
const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('flags in memory', () => {
  test('are those the program declares until others have been read', async () => {
    const { snapshot } = aSnapshot()
    expect(snapshot.flag('price-intelligence')?.fallback).toBe('static')
    await settled()
    expect(snapshot.flag('price-intelligence')).toBeUndefined()
    expect(snapshot.flag('new-page')).toBeDefined()
  })
  test('are looked after in the background once they are old; nobody waits', async () => {
    const { snapshot, store, pass, looks } = aSnapshot()
    await snapshot.refresh()
    store(boolean('new-page', true))
    pass(900)
    snapshot.flag('new-page')
    expect(looks()).toBe(1)
    pass(200)
    expect(snapshot.flag('new-page')?.otherwise).toEqual([])
    await settled()
    expect(snapshot.flag('new-page')?.otherwise).toHaveLength(1)
    expect(looks()).toBe(2)
  })
  test('hold while the database is away or does not answer, which is said once', async () => {
    const { snapshot, goAway, hangOn, pass, log } = aSnapshot()
    await snapshot.refresh()
    goAway(true)
    for (let each = 0; each < 5; each += 1) {
      pass(2_000)
      expect(snapshot.flag('new-page')).toBeDefined()
      await settled()
    }
    expect(log.lines).toHaveLength(1)
    hangOn(new Promise(() => {}))
    pass(2_000)
    expect(snapshot.flag('new-page')).toBeDefined()
  })
})

describe('through OpenFeature', () => {
  afterEach(() => OpenFeature.close())
  async function aClient(): Promise<Client & ReturnType<typeof aSnapshot>> {
    const house = aSnapshot()
    await OpenFeature.setProviderAndWait('test', createFlagProvider(house.snapshot))
    return Object.assign(OpenFeature.getClient('test'), house)
  }
  test('a flag is answered with its variant and why; another type or name gives what the asker brought', async () => {
    const client = await aClient()
    expect(await client.getBooleanDetails('new-page', true)).toMatchObject({ value: false, variant: 'off' })
    expect(await client.getStringDetails('new-page', 'mine')).toMatchObject({
      value: 'mine',
      errorCode: 'TYPE_MISMATCH',
    })
    expect(await client.getNumberDetails('gone', 7)).toMatchObject({ value: 7, errorCode: 'FLAG_NOT_FOUND' })
    expect(await client.getObjectValue('new-page', { a: 1 })).toEqual({ a: 1 })
  })
  test('a change is told, and holds from then on', async () => {
    const client = await aClient()
    const told = new Promise((resolve) => client.addHandler(ProviderEvents.ConfigurationChanged, resolve))
    client.store(boolean('new-page', true))
    await client.snapshot.refresh()
    expect(await told).toMatchObject({ flagsChanged: ['new-page'] })
    expect(await client.getBooleanValue('new-page', false)).toBe(true)
  })
  test('a rule by shop, country and role is asked by the context', async () => {
    const client = await aClient()
    const on = [{ variant: 'on', basisPoints: 10_000 }]
    client.store({
      ...boolean('new-page', false),
      rules: [{ name: 'here', shopIds: ['shop-1'], countries: ['DE'], roles: ['staff'], serve: on }],
    })
    await client.snapshot.refresh()
    const ask = (context: Record<string, string>) => client.getBooleanValue('new-page', false, context)
    expect(await ask({ shopId: 'shop-1', country: 'DE', role: 'staff' })).toBe(true)
    expect(await ask({ shopId: 'shop-1', country: 'DE' })).toBe(false)
  })
})
