import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { testSecret } from '@souk/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { header, importWorld } from './test-import.ts'

let world: Awaited<ReturnType<typeof importWorld>>
beforeAll(async () => {
  world = await importWorld()
})
afterAll(() => world.close())

const program = fileURLToPath(new URL('../main.ts', import.meta.url))

/** The command as a person runs it, in a process of its own that can be killed. */
function start(args: readonly string[], databaseUrl: string): ChildProcess {
  const { PATH, HOME } = process.env
  return spawn(process.execPath, [program, 'import', 'orders', ...args, '--json'], {
    env: { PATH, HOME, DATABASE_URL: databaseUrl, SOUK_SECRET: testSecret, SOUK_DATA: world.folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function outcomeOf(child: ChildProcess) {
  let said = ''
  let complained = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    said += chunk
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    complained += chunk
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, said, complained }
}

test('killed again and again while it imports, it goes on where it was and loses and repeats nothing', async () => {
  const lines = Array.from({ length: 40_000 }, (_, at) => {
    const number = (at * 7_919) % 8_000
    return `${number},P${at % 300},A THING,${1 + (at % 5)},2011-${String(1 + (number % 12)).padStart(2, '0')}-05 10:00:00,1.25,${number % 900},France`
  })
  const path = await world.file([header, ...lines, 'C1,P0,A THING,-1,2012-01-01 10:00:00,1.25,0,France'])
  const shopId = await world.shop()
  const args = [path, '--shop', shopId, '--mapping', 'invoice-lines']
  const progress = async () => {
    const [row] = await world.query<{ lines: string; orders: string }>(
      `select coalesce(sum(lines), 0) as lines,
        (select count(*) from orders.imported_orders where shop_id = $1) as orders from orders.imports where shop_id = $1`,
      [shopId],
    )
    return Number(row?.lines) + Number(row?.orders)
  }
  // Killed once so much of it is there: while lines are kept, while products are made, while orders are.
  let kills = 0
  for (const until of [1, 12_000, 30_000, 40_001, 40_002, 44_000]) {
    const child = start(args, world.databaseUrl)
    const ended = outcomeOf(child)
    while ((await progress()) < until && child.exitCode === null) await new Promise((wait) => setTimeout(wait, 5))
    if (child.exitCode === null && child.kill('SIGKILL')) kills += 1
    await ended
  }
  expect(kills).toBeGreaterThanOrEqual(4)
  const { code, said, complained } = await outcomeOf(start(args, world.databaseUrl))
  expect(complained.split('\n').filter((line) => line.includes('✗'))).toEqual([])
  expect(code).toBe(0)
  expect(JSON.parse(said)).toMatchObject({ good: true, lines: 40_001, orders: 8_000, orderLines: 40_000, rejected: 0 })
  const [books] = await world.query<{ orders: string; minor: string }>(
    'select count(*) as orders, sum(total_minor) as minor from orders.orders where shop_id = $1',
    [shopId],
  )
  expect(books).toEqual({ orders: '8000', minor: String(lines.reduce((sum, _, at) => sum + (1 + (at % 5)) * 125, 0)) })
  expect(await world.unsound()).toEqual([])
}, 120_000)
