import { IdentityService } from '@souk/contracts/identity'
import type { RpcHandlers } from '@souk/rpc'
import { accessLifeMs } from './access-token.ts'
import { isUuid } from '@souk/postgres'
import { accountsByEmail, membersNamed } from './accounts.sql.ts'
import { setShopDuties } from './administer-accounts.ts'
import { emailKeyOf, maskEmail } from './email.ts'
import { type Identity, minuteMs } from './identity.ts'
import { ensureOutsideCustomers } from './outside-customers.ts'
import { endedSince } from './sessions.sql.ts'
import { type KeyUse, verifyApiKey } from './verify-api-key.ts'

/** The contract says 100; more is cut off rather than refused, as unknown addresses are left out anyway. */
const mostEmails = 100
const mostMembers = 101

/** What other services may ask. Reached only by them: none of it is on the public API. */
export const rpc =
  (identity: Identity, keyUse: KeyUse): RpcHandlers =>
  (router) =>
    router.service(IdentityService, {
      getKeySet: async () => ({ json: JSON.stringify(await identity.keyring.keySet()) }),
      async verifyApiKey({ key }) {
        const verified = await verifyApiKey(identity, keyUse, key)
        return verified === undefined ? { valid: false } : { valid: true, ...verified }
      },
      /** Sessions, and API keys too: both are what a principal is known by. */
      async listRevoked() {
        const since = new Date(identity.clock().getTime() - accessLifeMs - minuteMs)
        return { sessionIds: (await endedSince(identity.db.autocommit, since)).map((row) => row.id) }
      },
      async setShopDuties({ accountId, shopId, duties, setByAccountId }) {
        await setShopDuties(identity, { accountId, shopId, duties, setBy: setByAccountId })
        return {}
      },
      async findAccounts({ emails }) {
        const keys = emails.slice(0, mostEmails).map(emailKeyOf)
        const rows = await accountsByEmail(identity.db.autocommit, keys)
        return { accounts: rows.map(({ id, email, name }) => ({ accountId: id, email, name })) }
      },
      async nameMembers({ shopId, accountIds }) {
        const ids = accountIds.filter(isUuid).slice(0, mostMembers)
        const rows = isUuid(shopId) ? await membersNamed(identity.db.autocommit, shopId, ids) : []
        return {
          members: rows.map(({ id, name, email }) => ({ accountId: id, name, emailMasked: maskEmail(email) })),
        }
      },
      ensureOutsideCustomers: ({ shopId, numbers }) => ensureOutsideCustomers(identity, shopId, numbers),
    })
