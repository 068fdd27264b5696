import { type Console, timed } from './console.ts'
import { type House, openHouse } from './house.ts'
import { besideRunning } from './running.ts'
import { allServices } from './services.ts'

/**
 * Do something with all services at hand on the marketplace's database, whether a marketplace runs or not. Events are not
 * read and jobs not run here. Without DATABASE_URL it is the database of the marketplace that runs on SOUK_DATA, or its
 * embedded server, started for the time.
 */
export async function withBackOffice<T>(io: Console, work: (house: House) => Promise<T>, working = false): Promise<T> {
  const env = await besideRunning(io.env)
  const progress = timed(io)
  let failed: (error: Error) => void = () => {}
  const died = new Promise<never>((_, reject) => {
    failed = reject
  })
  died.catch(() => {})
  const house = await openHouse({
    services: allServices,
    env,
    // Who asks a running marketplace something wants the answer alone.
    onProgress: env === io.env && !env.DATABASE_URL ? progress : () => {},
    onFatal: failed,
    working,
  })
  try {
    return await Promise.race([work(house), died])
  } finally {
    await house.stop()
  }
}
