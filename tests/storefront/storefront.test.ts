import type { Browser } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'
import { testSecret } from '@souk/testing'
import { openBrowser } from '@souk/testing/browser'
import { openStage, type Stage } from '../sweep/stage.ts'
import { hardTimes } from './hard-times.ts'
import { journeys, patienceMs } from './journeys.ts'
import { lookout } from './lookout.ts'
import { saleDay } from './sale-day.ts'
import { openPages, type Pages, stock, type World } from './stage.ts'

/** What all of it shares: opening a marketplace and a browser takes longer than most of what is tried in them. */
export type Scene = { stage: Stage; world: World; pages: Pages; browser: Browser }
const scene = {} as Scene

beforeAll(async () => {
  scene.stage = await openStage()
  ;[scene.world, scene.pages, scene.browser] = await Promise.all([
    stock(scene.stage.url),
    openPages({ url: scene.stage.url, secret: testSecret }),
    openBrowser(),
  ])
}, patienceMs)
afterAll(async () => {
  await scene.browser?.close()
  await scene.pages?.close()
  await scene.stage?.close()
})

journeys(scene)
lookout(scene)
hardTimes(scene)
// Alone, because it takes the whole machine.
saleDay(scene)
