import { availableParallelism } from 'node:os'
import { builtAdmin } from '../admin-build.ts'
import { allServices } from '../services.ts'
import { appConfig } from '../config.ts'
import { choosePort } from '../choose-port.ts'
import { pictureFolderOf, whyNotCopied } from '../copyable.ts'
import { type Console, timed } from '../console.ts'
import { Refusal } from '../explain.ts'
import type { House } from '../house.ts'
import { removeAbandonedMarketplaces } from '../flash-sale/abandoned.ts'
import { mayShowInbox } from '../inbox.ts'
import { untilAskedToStop } from '../lifetime.ts'
import { openMarketplace } from '../marketplace.ts'
import { announceRunning, dataFolderOf, findRunning, type SignIn, withdrawRunning } from '../running.ts'
import { type DemoState, stockDemo } from '../seed/demo.ts'
import { ensureOperator } from '../seed/operator.ts'
import { parseEnv } from '@souk/service'
import { join } from 'node:path'
import { builtStorefront, startStorefrontProcess } from '../storefront-process.ts'
import { startTestProviderProcess, testProviderHost, wantsTestProvider } from '../test-provider-process.ts'
import { summary } from './start-summary.ts'

/** `souk start`: open a marketplace, stay until asked to stop. */
export async function start(io: Console, { json }: { json?: true }): Promise<number> {
  const progress = timed(io)
  const settings = parseEnv(io.env, { ...appConfig })
  // What a rehearsal left that was killed; it may hold a copy of everything.
  void removeAbandonedMarketplaces()
  const folder = dataFolderOf(io.env)
  const already = await findRunning(io.env)
  if (already !== undefined)
    throw new Refusal(
      `A marketplace is already open on ${folder}: ${already.url} (process ${already.pid}). Stop it first, or set SOUK_DATA to another folder.`,
    )
  const asked = (io.env.SOUK_PORT ?? '') !== ''
  const port = await choosePort(settings.SOUK_HOST, settings.SOUK_PORT, asked)
  if (port !== settings.SOUK_PORT) io.say(`Port ${settings.SOUK_PORT} is taken; using ${port}.`)

  // Chosen before anything runs, so that payments knows the address; the process itself comes after the doors are open.
  const withTestProvider = wantsTestProvider(settings, io.env)
  const providerPort = withTestProvider ? await choosePort(testProviderHost, port === 0 ? 7710 : port + 10, false) : 0

  const storefrontPort = settings.SOUK_STOREFRONT
    ? await choosePort(
        settings.SOUK_HOST,
        settings.SOUK_STOREFRONT_PORT || 3000,
        (io.env.SOUK_STOREFRONT_PORT ?? '') !== '',
        'SOUK_STOREFRONT_PORT',
      )
    : 0
  // Whoever has paid comes back to the order, which the storefront shows.
  const returnUrl =
    settings.SOUK_STOREFRONT && !io.env.SOUK_PAYMENTS_RETURN_URL
      ? {
          SOUK_PAYMENTS_RETURN_URL: `http://${settings.SOUK_HOST.replace('0.0.0.0', '127.0.0.1')}:${storefrontPort}/payments`,
        }
      : {}

  // From here on a signal means: clean up. One that comes before the doors are open waits until they are.
  const askedToStop = untilAskedToStop(io)
  let fatal: (error: Error) => void = () => {}
  const died = new Promise<never>((_, reject) => {
    fatal = reject
  })
  died.catch(() => {})

  // Made beside the opening of the doors. Whoever needs only the API can do without.
  const admin = settings.SOUK_ADMIN ? builtAdmin(progress) : undefined
  admin?.catch((error: Error) => io.say(`\n${error.message}\nEverything but /admin works all the same.`))

  const pages = settings.SOUK_STOREFRONT ? builtStorefront(progress) : undefined
  pages?.catch((error: Error) => io.say(`\n${error.message}\nEverything but the storefront works all the same.`))

  let demo: DemoState | undefined
  let operator: SignIn | undefined
  const marketplace = await openMarketplace({
    services: allServices,
    env: {
      ...io.env,
      ...returnUrl,
      ...(withTestProvider && { SOUK_TEST_PROVIDER_URL: `http://${testProviderHost}:${providerPort}` }),
    },
    port,
    onProgress: progress,
    onFatal: fatal,
    inbox: true,
    ...(admin !== undefined && { admin }),
    separateWorker: settings.SOUK_WORKER === 'own' || (settings.SOUK_WORKER === 'auto' && availableParallelism() > 1),
    async beforeOpening(house: House) {
      operator = await ensureOperator(house, settings)
      if (settings.SOUK_DEMO) demo = await stockDemo(house, { onProgress: progress, onlyIfEmpty: true })
    },
  })
  const { url, database } = marketplace
  const testProvider = withTestProvider
    ? startTestProviderProcess({
        port: providerPort,
        folder: join(folder, 'test-provider'),
        secret: database.secret,
        webhookUrl: `${url.replace('//0.0.0.0', '//127.0.0.1')}/v1/payments/webhooks/test`,
        log: marketplace.log,
      })
    : undefined
  const storefront =
    pages === undefined
      ? undefined
      : startStorefrontProcess({
          host: settings.SOUK_HOST,
          port: storefrontPort,
          apiUrl: url.replace('//0.0.0.0', '//127.0.0.1'),
          secret: database.secret,
          build: pages,
          log: marketplace.log,
        })
  operator ??= demo?.signIns.operator
  const [uncopied, pictures] = [whyNotCopied(io.env), pictureFolderOf(io.env)]
  await announceRunning(folder, {
    url,
    pid: process.pid,
    startedAt: new Date().toISOString(),
    ...(database.embedded !== undefined && { databaseUrl: database.adminTcpUrl }),
    ...(uncopied !== undefined && { uncopied }),
    ...(pictures !== undefined && { pictures }),
    ...(testProvider !== undefined && { testProviderUrl: testProvider.url }),
    ...(operator !== undefined && { operator }),
    ...(demo !== undefined && { demo: { staff: demo.signIns.staff, shoppers: demo.signIns.shoppers } }),
  })
  const withAdmin =
    (await admin?.then(
      () => true,
      () => false,
    )) ?? false
  const withStorefront =
    (await storefront?.ready.then(
      () => true,
      () => false,
    )) ?? false
  progress(`Open at ${url}`)
  if (json)
    io.print(
      JSON.stringify({
        url,
        pid: process.pid,
        dataFolder: folder,
        operator,
        demo,
        testProvider: testProvider?.url,
        storefront: storefront?.url,
      }),
    )
  else
    io.print(
      summary({
        url,
        inbox: mayShowInbox(settings, true),
        admin: withAdmin,
        storefront: withStorefront ? storefront?.url : undefined,
        demo,
        operator,
        folder,
        own: database.embedded !== undefined,
        testProvider: testProvider?.url,
      }),
    )

  let outcome = 0
  try {
    io.say(`\nClosing (${await Promise.race([askedToStop, died])}): finishing what was accepted…`)
  } catch (error) {
    outcome = 1
    io.say(`\nThe database is gone and did not come back: ${(error as Error).message}`)
  }
  await withdrawRunning(folder)
  await storefront?.stop()
  await marketplace.stop()
  await testProvider?.stop()
  io.say('Closed. Everything that was answered is kept.')
  return outcome
}
