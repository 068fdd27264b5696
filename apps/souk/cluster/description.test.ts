import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { allServices } from '../services.ts'
import { DescriptionRefused, parseDescription, portsOf } from './description.ts'
import { commonEnv, planPrograms } from './plan.ts'

const text = readFileSync(fileURLToPath(new URL('../../../deploy/cluster.yaml', import.meta.url)), 'utf8')
const options = {
  folder: '/tmp/x',
  secret: 's'.repeat(40),
  operator: { email: 'o@x.example', password: 'p'.repeat(12) },
}

type Given = {
  postgres: { servers: Record<string, unknown>; shards: Record<string, string> }
  kafka: { port: number; nodes: number; heap?: number }
  redis: { port: number }
  programs: Record<string, { run: string; services?: string[]; role?: string; port: number; rpc?: number }>
}

/** What is said of the description when it is changed so. */
function faultsOf(change: (given: Given) => void): readonly string[] {
  const given = parse(text) as Given
  change(given)
  try {
    parseDescription(stringify(given))
  } catch (error) {
    if (error instanceof DescriptionRefused) return error.faults
    throw error
  }
  return []
}

describe('deploy/cluster.yaml', () => {
  const description = parseDescription(text)

  test('has four databases on two servers, and every service at an edge and at work', () => {
    expect(Object.keys(description.postgres.shards)).toEqual(['home', 'east', 'south', 'west'])
    expect(new Set(Object.values(description.postgres.shards)).size).toBe(2)
    expect(faultsOf(() => {})).toEqual([])
  })

  test('stays within what a small machine has: no port above those of outgoing connections', () => {
    for (const [owner, port] of portsOf(description)) expect(port, owner).toBeLessThan(32_768)
  })

  test('is told to each program in words it understands, and no secret but its own to the storefront', () => {
    const programs = planPrograms(description, options)
    const storefront = programs.find(({ run }) => run === 'storefront')
    expect(JSON.stringify(storefront?.env)).not.toContain(options.secret)
    const peers = JSON.parse(commonEnv(description, options).SOUK_RPC_PEERS ?? '') as Record<string, string[]>
    expect(Object.keys(peers).sort()).toEqual(allServices.map(({ name }) => name).sort())
    expect(peers.orders?.length).toBe(2)
  })
})

describe('a description that will not do', () => {
  test('is refused with all of its faults at once', () => {
    const faults = faultsOf((given) => {
      given.postgres.shards.west = 'elsewhere'
      given.redis.port = given.kafka.port
      given.programs.front?.services?.push('nothing')
      delete given.programs.back
      delete given.programs['relay-1']
      delete given.programs['relay-2']
    })
    expect(faults).toEqual([
      'redis and kafka both want port 15540',
      'postgres.shards.west: there is no server elsewhere',
      'programs.front.services: there is no nothing',
      'programs: nobody answers for inventory (role edges or all)',
      'programs: nobody answers for payments (role edges or all)',
      'programs: nobody answers for notifications (role edges or all)',
      'programs: there is no relay',
    ])
  })

  test.each<[string, (given: Given) => void, RegExp]>([
    ['a misspelt name', (given) => Object.assign(given.kafka, { heap: 3 }), /kafka: .*\(heap\)/],
    ['a port nobody may have', (given) => Object.assign(given.redis, { port: 80 }), /redis\.port: must be >= 1024/],
    ['two nodes of Kafka', (given) => Object.assign(given.kafka, { nodes: 2 }), /kafka\.nodes/],
    [
      'a role of the gateway',
      (given) => Object.assign(given.programs.gateway ?? {}, { role: 'edges' }),
      /only of those that run serve/,
    ],
    [
      'more workers than partitions',
      (given) => Object.assign(given.programs, { third: { run: 'serve', role: 'work', port: 7743 } }),
      /kafka\.partitions: 2 cannot be shared by 3 workers/,
    ],
    ['an edge nobody can call', (given) => delete given.programs.front?.rpc, /programs\.front\.rpc is missing/],
    [
      'a desk for some',
      (given) => Object.assign(given.programs.desk ?? {}, { services: ['orders'] }),
      /desk\.services: a desk has all services/,
    ],
    ['no home', (given) => delete given.postgres.shards.home, /one database must be called home/],
  ])('for %s', (_, change, fault) => {
    expect(faultsOf(change).join('\n')).toMatch(fault)
  })

  test('is refused when it is no YAML', () => {
    expect(() => parseDescription('a: [')).toThrow(DescriptionRefused)
  })
})
