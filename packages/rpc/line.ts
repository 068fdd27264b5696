import type { SecureClientSessionOptions } from 'node:http2'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import { X509Certificate } from 'node:crypto'
import type { Transport } from '@connectrpc/connect'
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node'
import type { Logger } from '@souk/telemetry'
import { connectionHeader } from './sessions.ts'
import { type Identities, serverNameOf, serviceOfCertificate } from './identity.ts'

/** The call never left: whoever it was meant for knows nothing of it. */
export class NotSent extends Error {
  constructor(cause: unknown) {
    super('the connection could not be made', { cause })
    this.name = 'NotSent'
  }
}

/** One address of a service, and the connection kept to it. */
export type Line = {
  transport: Transport
  /** False for a while after it could not be reached. */
  isUp(): boolean
  reached(): void
  unreachable(error: unknown): void
  /** It let a call run out of time; the third in a row counts as unreachable. */
  slow(): void
  close(): void
}

const connectWithinMs = 3_000
const firstPauseMs = 500
const longestPauseMs = 15_000
const slowInARow = 3

/** A ping when nothing was heard for 20 s while calls are under way; 5 s without an answer, and the connection is dead. */
const keepAlive = { pingIntervalMs: 20_000, pingTimeoutMs: 5_000, idleConnectionTimeoutMs: 300_000 }

export function createLine(options: {
  address: string
  /** Who must answer there. */
  service: string
  caller: string
  identities: Identities | undefined
  log: Logger
}): Line {
  const { address, service, caller, identities, log } = options
  const url = `${identities === undefined ? 'http' : 'https'}://${address}`
  let failures = 0
  let slowCalls = 0
  let downUntilMs = 0
  let manager = open()
  const past = new Set<Http2SessionManager>()

  function open(): Http2SessionManager {
    const settings = { settings: { initialWindowSize: 2 ** 20, enablePush: false } }
    return new Http2SessionManager(
      url,
      keepAlive,
      identities === undefined ? settings : { ...settings, ...tlsOf(identities, caller, service) },
    )
  }

  /** What is under way ends on the connection it has, what comes next takes a new one. */
  function renew(): void {
    const before = manager
    manager = open()
    past.add(before)
    const retire = () => {
      if (before.state() === 'open') return void setTimeout(retire, 1_000).unref()
      past.delete(before)
      before.abort()
    }
    setTimeout(retire, 1_000).unref()
  }
  // A new certificate of ours.
  identities?.onChange(renew)

  function heed(advice: unknown, on: Http2SessionManager): void {
    if (advice !== 'moving' && advice !== 'leaving') return
    if (on === manager) renew()
    if (advice === 'leaving') downUntilMs = Date.now() + firstPauseMs
  }

  const sessions = {
    authority: url,
    async request(...call: Parameters<Http2SessionManager['request']>) {
      const current = manager
      if (current.state() !== 'open' && current.state() !== 'idle') await connect(current)
      try {
        const stream = await current.request(...call)
        stream.once('response', (headers) => heed(headers[connectionHeader], current))
        return stream
      } catch (error) {
        // It fails only where no stream was opened.
        throw new NotSent(error)
      }
    },
    notifyResponseByteRead(stream: Parameters<Http2SessionManager['notifyResponseByteRead']>[0]) {
      manager.notifyResponseByteRead(stream)
      for (const each of past) each.notifyResponseByteRead(stream)
    },
  }

  async function connect(current: Http2SessionManager): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), connectWithinMs)
    })
    const state = await Promise.race([current.connect(), late])
    clearTimeout(timer)
    if (state === 'late') {
      const error = new Error(`no connection to ${address} within ${connectWithinMs} ms`)
      current.abort(error)
      throw new NotSent(error)
    }
    if (state === 'error') throw new NotSent(current.error())
  }

  return {
    transport: createGrpcTransport({ baseUrl: url, sessionManager: sessions, acceptCompression: [] }),
    isUp: () => Date.now() >= downUntilMs,
    reached() {
      if (failures > 0) downUntilMs = 0
      failures = 0
      slowCalls = 0
    },
    unreachable(error) {
      failures += 1
      if (failures === 1) log.warn({ service, address, err: error }, 'a service cannot be reached at this address')
      downUntilMs = Date.now() + Math.min(longestPauseMs, firstPauseMs * 2 ** (failures - 1))
    },
    slow() {
      slowCalls += 1
      if (slowCalls >= slowInARow) downUntilMs = Date.now() + firstPauseMs
    },
    close() {
      manager.abort()
      for (const each of past) each.abort()
    },
  }
}

/** Whoever answers must be the service that was asked for: its name in the certificate decides, not its address. */
function tlsOf(identities: Identities, caller: string, service: string): SecureClientSessionOptions {
  const { certificate: cert, key, authorities: ca } = identities.of(caller)
  return {
    cert,
    key,
    ca,
    minVersion: 'TLSv1.3',
    servername: serverNameOf(service),
    checkServerIdentity(name: string, peer: PeerCertificate) {
      const speaksFor = serviceOfCertificate(new X509Certificate(peer.raw))
      if (speaksFor !== service) return new Error(`the certificate shown is that of ${speaksFor ?? 'nobody we know'}`)
      return checkServerIdentity(name, peer)
    },
  }
}
