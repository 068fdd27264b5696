import { createHttpServer, type HttpServer } from '@souk/http'
import { isReachable } from '@souk/postgres'
import { type House, type HouseOptions, openHouse } from './house.ts'
import { operations } from './operations.ts'
import { servePictures } from './pictures.ts'
import { createVerifiers } from './verifiers.ts'
import { serveWelcome } from './welcome.ts'

export type Marketplace = House & {
  /** Where the shop API is: "http://127.0.0.1:7700". */
  url: string
  http: HttpServer
}

export type MarketplaceOptions = Omit<HouseOptions, 'working'> & {
  port: number
  /** Before the doors open: the services run, nobody can reach them yet. */
  beforeOpening?: (house: House) => Promise<void>
}

/** One process with these services, its edges and its database: the composition of the laptop. */
export async function openMarketplace(options: MarketplaceOptions): Promise<Marketplace> {
  const house = await openHouse(options)
  const { settings, running, directory, log, metrics, clock } = house
  const verifiers = createVerifiers(directory, clock, log)
  try {
    await options.beforeOpening?.(house)
    const sheds = running.services.flatMap(({ parts }) => parts.sheds ?? [])
    const desk = operations(house)
    const http = createHttpServer({
      ...verifiers,
      routes: [...running.services.flatMap(({ parts }) => parts.routes ?? []), ...desk.routes],
      clock,
      log,
      metrics,
      info: { title: 'Souk', version: '0.1.0', description: 'Many shops under one roof. Nothing is sold twice.' },
      limits: {
        perAddress: settings.SOUK_ADDRESS_PER_MINUTE,
        perAccount: settings.SOUK_ACCOUNT_PER_MINUTE,
        perApiKey: settings.SOUK_API_KEY_PER_MINUTE,
      },
      errors: [...options.services.map((service) => service.errors), desk.errors],
      admission(method, path) {
        for (const shed of sheds) {
          if (shed.method !== method || !path.startsWith(shed.prefix)) continue
          const retryAfterSeconds = shed.refusing()
          if (retryAfterSeconds !== undefined) return { retryAfterSeconds }
        }
        return undefined
      },
      health: Object.fromEntries(
        running.services.map(({ definition, db }) => [definition.name, () => isReachable(db)]),
      ),
      ...(settings.SOUK_TRUST_PROXY > 0 && { trustProxy: settings.SOUK_TRUST_PROXY }),
      extra(app) {
        servePictures(app)
        serveWelcome(app, house)
      },
    })
    const { url } = await http.listen({ host: settings.SOUK_HOST, port: options.port })
    return {
      ...house,
      url,
      http,
      async stop() {
        verifiers.stop()
        await http.close()
        await house.stop()
      },
    }
  } catch (error) {
    verifiers.stop()
    await house.stop()
    throw error
  }
}
