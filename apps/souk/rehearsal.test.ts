import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Api, createApi } from './api.ts'
import { type OwnMarketplace, ownFolders, startOwnMarketplace } from './own-marketplace.ts'

let own: OwnMarketplace
let api: Api
// Its rehearsals are held in here, where nobody else's marketplaces come and go.
const room = mkdtempSync(join(tmpdir(), 'souk-rehearsing-'))
const { TMPDIR: before = tmpdir() } = process.env
beforeAll(async () => {
  process.env.TMPDIR = room
  own = await startOwnMarketplace({})
  api = createApi(own.url)
  await api.signIn(own.operator)
})
afterAll(async () => {
  process.env.TMPDIR = before
  await own?.stop()
  rmSync(room, { recursive: true, force: true })
})

type Rehearsed = {
  rehearsal: {
    state: string
    endedAt: string | null
    lines: string[]
    verdict: { good: boolean } | null
    result: { placed: number; refused: number; checks: { title: string; broken: number }[] } | null
  }
  copy: { mb: number; mostMb: number; unable: string | null }
}
const folders = () => readdirSync(room).filter((name) => name.startsWith(basename(ownFolders)))
const shops = async () => (await api.get<{ items: { name: string }[] }>('/v1/shops?limit=100')).items

// Two marketplaces are opened one after the other: 20 s at rest, much longer on a machine that is busy.
const patience = 300_000

test('a rehearsal sells in a copy of the marketplace, which stays as it is, and nothing of the copy is left', {
  timeout: patience,
}, async () => {
  const shop = { name: 'Here already', country: 'DE', currency: 'EUR' }
  const { id } = await api.post<{ id: string }>('/v1/shops', shop)
  await api.post(`/v1/shops/${id}/verification`, { decision: 'verify' })
  // Some picture that was there: the copy has it, and takes only its own away.
  const picture = join(own.folder, 'media', 'public', 'cup', '480.webp')
  mkdirSync(dirname(picture), { recursive: true })
  writeFileSync(picture, 'a cup')
  const before = await shops()
  await api.post('/v1/operations/rehearsals', { units: 5, buyers: 12, rate: 0 })
  await expect(api.post('/v1/operations/rehearsals', { units: 1, buyers: 1, rate: 0 })).rejects.toThrow()
  let seen = await api.get<Rehearsed>('/v1/operations/rehearsals/latest')
  while (seen.rehearsal.endedAt === null) {
    await new Promise((resolve) => setTimeout(resolve, 250))
    seen = await api.get<Rehearsed>('/v1/operations/rehearsals/latest')
  }
  const { rehearsal, copy } = seen
  expect(rehearsal, rehearsal.lines.join('\n')).toMatchObject({
    state: 'done',
    verdict: { good: true },
    result: { placed: 5, refused: 7 },
  })
  expect(rehearsal.lines.some((line) => line.includes('Copying the marketplace'))).toBe(true)
  expect(rehearsal.lines.filter((line) => line.includes('pictures are left out'))).toEqual([])
  expect(existsSync(picture)).toBe(true)
  expect(rehearsal.result?.checks.filter(({ broken }) => broken > 0)).toEqual([])
  expect(copy).toMatchObject({ mostMb: 4_000, unable: null })
  expect(copy.mb).toBeGreaterThan(1)
  expect(await shops()).toEqual(before)
  expect(folders()).toEqual([])
})
