import { describe, expect, test } from 'vitest'
import { kindsFor, sinceOf } from './commands/events.ts'
import type { Console } from './console.ts'
import { explain, Refusal } from './explain.ts'
import { createProgram, run } from './program.ts'

function fakeConsole(env: Console['env'] = {}) {
  const printed: string[] = []
  const said: string[] = []
  const io: Console = {
    env,
    print: (text) => void printed.push(text),
    say: (text) => void said.push(text),
    screen: { write: () => true },
  }
  return { io, printed, said }
}

async function souk(args: string, env: Console['env'] = {}) {
  const { io, printed, said } = fakeConsole(env)
  const code = await run(createProgram(io), args === '' ? [] : args.split(' '), io)
  return { code, printed: printed.join('\n'), said: said.join('\n') }
}

/** Every command there is, with those above it: "events tail". A group does nothing itself. */
function commands(): { name: string; isGroup: boolean }[] {
  const walk = (command: ReturnType<typeof createProgram>, path: string): { name: string; isGroup: boolean }[] =>
    command.commands.flatMap((each) => [
      { name: `${path}${each.name()}`, isGroup: each.commands.length > 0 },
      ...walk(each as typeof command, `${path}${each.name()} `),
    ])
  return walk(createProgram(fakeConsole().io), '')
}

describe('the command line', () => {
  test('every command explains itself, and those that do something show an example', async () => {
    for (const { name, isGroup } of commands()) {
      const { code, printed } = await souk(`${name} --help`)
      expect(code, name).toBe(0)
      expect(printed, name).toContain(`Usage: souk ${name}`)
      if (!isGroup) expect(printed, name).toMatch(/Examples:\n {2}.*souk/)
    }
  })

  test('every command that does something can answer in JSON', async () => {
    for (const { name } of commands().filter(({ isGroup }) => !isGroup))
      expect((await souk(`${name} --help`)).printed, name).toContain('--json')
  })

  test.each([
    ['', 'Usage: souk'],
    ['strat', "unknown command 'strat'"],
    ['start --prot 80', "unknown option '--prot'"],
    ['flash-sale --units many', 'It must be a whole number from 1 to 10000000'],
    ['flash-sale --units 0', 'It must be a whole number'],
    ['flash-sale --faults flood', 'There is no fault flood; there are kill, restart-database'],
    ['flash-sale --base-url ftp://x', 'an address without a path'],
    ['audit --full --since-last', 'cannot be used with'],
    ['dead-letters show 7', '7 is no id of a dead letter'],
    ['dead-letters discard', "required option '--reason <text>' not specified"],
    ['dead-letters show', "missing required argument 'id'"],
    ['events tail --service credit', 'No service credit announces anything'],
    ['events tail --type order_eaten', 'There is no event order_eaten'],
    ['serve', 'serve needs a database'],
  ])('souk %s is a wrong usage: exit code 2', async (args, why) => {
    const { code, printed, said } = await souk(args)
    expect(said).toContain(why)
    expect(printed).toBe('')
    expect(code).toBe(2)
  })

  test('services that do not exist are named with those that do', async () => {
    const { code, said } = await souk('serve orders payroll', { DATABASE_URL: 'postgres://me@localhost:1/souk' })
    expect(said).toContain('there is no service payroll; there are identity, ')
    expect(code).toBe(2)
  })

  test('every fault of the settings is told at once, and secrets are not repeated', async () => {
    const { code, said } = await souk('start', { SOUK_PORT: 'http', SOUK_SECRET: 'short', SOUK_DATA: '/tmp/nowhere' })
    expect(code).toBe(2)
    expect(said).toContain('SOUK_PORT=http must be a whole number')
    expect(said).toContain('SOUK_SECRET must have 32 characters')
    expect(said).not.toContain('short')
  })

  test('a database that is not there is told in a sentence, without a stack', async () => {
    const { code, said } = await souk('migrate', { DATABASE_URL: 'postgres://me@127.0.0.1:1/souk' })
    expect(code).toBe(1)
    expect(said).toContain('Nothing answers at 127.0.0.1:1')
    expect(said).not.toContain('    at ')
  })
})

describe('explaining failures', () => {
  test('what was expected to go wrong is told as it is', () => {
    expect(explain(new Refusal('Port 80 is taken.'), false)).toBe('Port 80 is taken.')
  })

  test('what nobody expected is told in one line, with the way to see more', () => {
    expect(explain(new TypeError('x is not a function'), false)).toBe(
      'X is not a function.\nSet SOUK_DEBUG=1 to see where this happened.',
    )
    expect(explain(new TypeError('x is not a function'), true)).toContain('    at ')
  })
})

describe('choosing events to watch', () => {
  test('a kind may be named with or without its service', () => {
    expect(kindsFor({ type: 'order_placed' })).toEqual(kindsFor({ type: 'orders.order_placed' }))
    const ofOrders = kindsFor({ service: 'orders' }).map(({ type }) => type)
    expect(ofOrders).toEqual(expect.arrayContaining(['orders.order_placed', 'orders.order_shipped']))
    expect(ofOrders.filter((type) => !type.startsWith('orders.'))).toEqual([])
  })

  test('from now means only what comes, from the beginning means all', () => {
    expect(sinceOf('now')).toBeUndefined()
    expect(sinceOf('beginning')).toBe(0)
    expect(sinceOf('2026-01-01T00:00:00Z')).toBe(Date.UTC(2026, 0, 1))
    expect(() => sinceOf('yesterday-ish')).toThrow('a time such as')
  })
})
