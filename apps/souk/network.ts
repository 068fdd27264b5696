import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { callers, gatewayName, mayCall, neededBy, ownerOf } from '@souk/contracts/callers'
import type { Ways } from '@souk/rpc'
import { createRemote, type Identities, openIdentities, type RpcServer, startRpcServer } from '@souk/rpc/network'
import { ConfigurationError, type ParsedEnv, type RunningServices } from '@souk/service'
import { isReachable } from '@souk/postgres'
import { type Logger, type MetricsRegistry, startCarrying } from '@souk/telemetry'
import type { appConfig } from './config.ts'

type Env = Readonly<Record<string, string | undefined>>
type Settings = Pick<
  ParsedEnv<typeof appConfig>,
  'SOUK_RPC_LISTEN' | 'SOUK_RPC_PEERS' | 'SOUK_CERTIFICATES' | 'SOUK_RPC_INSECURE'
>

/** Services of other processes, and those of this one for others. */
export type Network = {
  ways: Ways
  /** Whether somebody said where a contract is served. */
  reaches(contract: string): boolean
  identities: Identities | undefined
  /** Serve the contracts of these services, if an address to listen on is set. */
  serve(running: RunningServices): Promise<RpcServer | undefined>
  close(): void
}

export type NetworkDeps = { log: Logger; metrics: MetricsRegistry; clock: () => Date }
export type OpenNetwork = (deps: NetworkDeps) => Network

/** What the settings say about the network, checked. */
export type NetworkPlan = {
  listen: { host: string; port: number } | undefined
  peers: Readonly<Record<string, readonly string[]>>
  /** Folder; undefined: plain text. */
  certificates: string | undefined
}

const settingOf = (service: string) => `SOUK_RPC_${service.toUpperCase()}`

/**
 * Where this process listens and where the services are that its own call.
 * @throws ConfigurationError naming everything that is missing or will not do, before anything is started.
 */
export function planNetwork(
  settings: Settings,
  env: Env,
  services: readonly string[],
  needed: readonly string[] = neededBy(services),
): NetworkPlan {
  const faults: string[] = []
  const peers = peersIn(settings, env, faults)
  for (const service of needed) {
    if (services.includes(service) || (peers[service]?.length ?? 0) > 0) continue
    const who = services.filter((name) => callers[name]?.some((contract) => ownerOf(contract) === service))
    const why = who.length > 0 ? `${who.join(', ')} call${who.length === 1 ? 's' : ''} it` : 'it says who customers are'
    faults.push(
      `${settingOf(service)} is missing. ${service} does not run in this process and ${why}: give its address, host:port.`,
    )
  }
  const listen = settings.SOUK_RPC_LISTEN === undefined ? undefined : splitAddress(settings.SOUK_RPC_LISTEN)
  if (settings.SOUK_RPC_LISTEN !== undefined && listen === undefined)
    faults.push(`SOUK_RPC_LISTEN=${settings.SOUK_RPC_LISTEN} must be host:port.`)
  const remote = needed.filter((service) => !services.includes(service)).flatMap((service) => peers[service] ?? [])
  const isUsed = listen !== undefined || remote.length > 0
  if (isUsed && settings.SOUK_CERTIFICATES === undefined) {
    const away = [...remote, ...(settings.SOUK_RPC_LISTEN ?? '').split(' ').filter(Boolean)].filter(
      (address) => !isLoopback(splitAddress(address)?.host ?? ''),
    )
    if (!settings.SOUK_RPC_INSECURE)
      faults.push(
        'SOUK_CERTIFICATES is missing. Calls between processes are encrypted and both sides show who they are: make certificates with `souk certificates`, or, for development on one machine, set SOUK_RPC_INSECURE=on.',
      )
    else if (away.length > 0)
      faults.push(
        `SOUK_RPC_INSECURE=on is for addresses of this machine alone, and ${away.join(', ')} leaves it. Set SOUK_CERTIFICATES.`,
      )
  }
  if (faults.length > 0) throw new ConfigurationError(faults)
  return { listen, peers, certificates: isUsed ? settings.SOUK_CERTIFICATES : undefined }
}

/** Addresses of services: from SOUK_RPC_PEERS, JSON or a file of it, and over these SOUK_RPC_ORDERS and its like. */
function peersIn(settings: Settings, env: Env, faults: string[]): Record<string, readonly string[]> {
  const peers: Record<string, readonly string[]> = {}
  const add = (where: string, service: string, given: unknown) => {
    const addresses = (Array.isArray(given) ? given : String(given).split(',')).map((one) => String(one).trim())
    const wrong = addresses.filter((address) => splitAddress(address) === undefined)
    if (wrong.length > 0) faults.push(`${where}: ${wrong.join(', ')} must be host:port.`)
    else if (!(service in callers)) faults.push(`${where}: there is no service ${service}.`)
    else peers[service] = addresses
  }
  const given = settings.SOUK_RPC_PEERS
  if (given !== undefined)
    try {
      const text = given.trimStart().startsWith('{') ? given : readFileSync(given, 'utf8')
      for (const [service, addresses] of Object.entries(JSON.parse(text) as object))
        add('SOUK_RPC_PEERS', service, addresses)
    } catch (error) {
      faults.push(
        `SOUK_RPC_PEERS must be a JSON object of addresses by service, or a file of it: ${(error as Error).message}.`,
      )
    }
  for (const service of Object.keys(callers)) {
    const own = env[settingOf(service)]
    if (own) add(settingOf(service), service, own)
  }
  return peers
}

export function splitAddress(address: string): { host: string; port: number } | undefined {
  const [, ipv6, name, port] = /^(?:\[([\da-f:]+)\]|([\w.-]+)):(\d{1,5})$/i.exec(address) ?? []
  const host = ipv6 ?? name
  return host === undefined || Number(port) > 65_535 ? undefined : { host, port: Number(port) }
}

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))

/** @param names of the services in this process: they call and are called under these. */
export function openNetwork(plan: NetworkPlan, names: readonly string[], deps: NetworkDeps): Network {
  const { log, metrics, clock } = deps
  startCarrying()
  const identities =
    plan.certificates === undefined
      ? undefined
      : openIdentities({ folder: plan.certificates, services: names, log, clock })
  if (identities !== undefined)
    metrics.gauge('souk_certificate_seconds_left', 'Until the first certificate of this process expires.', () =>
      identities.secondsLeft(),
    )
  const remote = createRemote({
    peers: plan.peers,
    serviceOf: ({ typeName }) => ownerOf(typeName),
    identities,
    clock,
    log,
    metrics,
  })
  // Who asks without being a service (recognising callers, for one) shows the certificate of the first.
  const callerOf = (caller: string) => (names.includes(caller) ? caller : (names[0] ?? gatewayName))
  return {
    ways: (caller) => remote.wayFor(callerOf(caller)),
    reaches: (contract) => (plan.peers[ownerOf(contract)]?.length ?? 0) > 0,
    identities,
    async serve({ services }) {
      if (plan.listen === undefined) return undefined
      const served = services.flatMap(({ definition, db, parts }) =>
        parts.rpc === undefined
          ? []
          : [
              {
                service: definition.name,
                handlers: parts.rpc.handlers,
                contracts: parts.rpc.services,
                ready: () =>
                  isReachable(db).then(
                    () => true,
                    () => false,
                  ),
              },
            ],
      )
      return await startRpcServer({ ...plan.listen, served, identities, mayCall, log, metrics })
    },
    close() {
      remote.close()
      identities?.close()
    },
  }
}
