import { SettingsService } from '@souk/contracts/settings'
import { createDirectory } from '@souk/rpc'
import { memoryLog } from '@souk/testing'
import { expect, test } from 'vitest'
import { askReturnDays } from './return-days.ts'

const asking = () => {
  const world = { valueJson: '30', origin: 'default', away: false }
  const directory = createDirectory()
  directory.serve(
    (router) =>
      router.service(SettingsService, {
        getSettings({ keys: [key = ''] }) {
          if (world.away) throw new Error('settings is away')
          return { settings: [{ key, valueJson: world.valueJson, origin: world.origin }] }
        },
      }),
    [SettingsService],
  )
  return { world, daysOf: askReturnDays(directory.client(SettingsService), memoryLog(), 21) }
}

test('goods come back within the days the shop has set, or the marketplace, or else the configuration', async () => {
  const { world, daysOf } = asking()
  expect(await daysOf('a shop')).toBe(21)
  Object.assign(world, { valueJson: '45', origin: 'shop' })
  expect(await daysOf('a shop')).toBe(45)
  Object.assign(world, { valueJson: '14', origin: 'marketplace' })
  expect(await daysOf('a shop')).toBe(14)
})

test('while settings are away, what they said last holds', async () => {
  const { world, daysOf } = asking()
  Object.assign(world, { valueJson: '60', origin: 'shop' })
  await daysOf('a shop')
  world.away = true
  expect(await daysOf('a shop')).toBe(60)
  expect(await daysOf('another')).toBe(21)
})
