import { accountClosed, accountRegistered, signInFailuresExceeded } from '@souk/contracts'
import { IdentityService, PersonalDataService } from '@souk/contracts/identity'
import { SettingsService } from '@souk/contracts/settings'
import { defineService, recordsOf } from '@souk/service'
import { audits } from './audits.ts'
import { config, rehearsalAllowed } from './config.ts'
import { personalSections } from './personal.sql.ts'
import { errors } from './errors.ts'
import { askGuestsServed } from './guests-served.ts'
import { jobs } from './jobs.ts'
import { openKeyring } from './keyring.ts'
import { createPasswords } from './passwords.ts'
import { routes } from './routes.ts'
import { rpc } from './rpc.ts'
import { deriveSecrets } from './secrets.ts'
import { tellingEnded } from './tell-ended.ts'
import { createKeyUse } from './verify-api-key.ts'

export { type Person, seedAccounts } from './seed-accounts.ts'
export { endedChannel } from './tell-ended.ts'

const writeKeyUseEveryMs = 10_000

/** Accounts, sign-in, sessions, tokens, roles and API keys. */
export const identity = defineService({
  name: 'identity',
  migrations: new URL('./migrations/', import.meta.url),
  config,
  errors,
  emits: [accountRegistered, accountClosed, signInFailuresExceeded],
  async start({ config: settings, db, outbox, clock, log, metrics, cache, directory }) {
    const secrets = deriveSecrets(settings.SOUK_SECRET)
    const passwords = await createPasswords()
    const keyring = await openKeyring({ db, clock, secrets })
    const signIns = metrics.counter('souk_identity_sign_ins_total', 'Sign-ins with a password by outcome', ['outcome'])
    const countSignIn = (outcome: string) => signIns.inc({ outcome })
    const factorPolicy = settings.SOUK_SECOND_FACTOR
    const servesGuests = askGuestsServed(directory.client(SettingsService), clock, log)
    const parts = { db, outbox, clock, secrets, passwords, keyring, factorPolicy, servesGuests, countSignIn }
    metrics.gauge('souk_identity_passwords_waiting', 'Sign-ins waiting for a password check', () => passwords.waiting())

    const keyUse = createKeyUse(db)
    const writeKeyUse = () =>
      keyUse.flush().catch((error: unknown) => log.warn({ error }, 'last use of API keys could not be recorded'))
    // Not a job: every process has uses of its own to write down.
    const timer = setInterval(() => void writeKeyUse(), writeKeyUseEveryMs)
    timer.unref()

    return {
      routes: tellingEnded(
        routes(parts, { authPerMinute: settings.SOUK_AUTH_PER_MINUTE, rehearsal: rehearsalAllowed(settings) }),
        cache.news,
      ),
      rpc: {
        handlers: (router) => {
          rpc(parts, keyUse)(router)
          router.service(PersonalDataService, { listRecords: recordsOf(() => [db.autocommit], personalSections) })
        },
        services: [IdentityService, PersonalDataService],
      },
      jobs: jobs(parts),
      audits: audits(secrets),
      async stop() {
        clearInterval(timer)
        await writeKeyUse()
      },
    }
  },
})
