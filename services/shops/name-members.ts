import type { RouteDeps } from './edge.ts'
import type { Member } from './members.sql.ts'
import { memberView } from './views.ts'

/** A list of people is of use without their names, too: after this long it is shown so. */
const timeoutMs = 1_500

/** Members with what identity calls them. It says nothing of accounts that have no duty in this shop. */
export async function nameMembers(deps: RouteDeps, shopId: string, members: readonly Member[]) {
  const accountIds = members.map(({ accountId }) => accountId)
  const named = await deps.identity.nameMembers({ shopId, accountIds }, { timeoutMs }).catch((error: unknown) => {
    deps.log.warn({ shopId, error }, 'members are shown without their names')
    return { members: [] }
  })
  const byId = new Map(named.members.map((each) => [each.accountId, each]))
  return members.map((member) => {
    const known = byId.get(member.accountId)
    return { ...memberView(member), name: known?.name ?? null, email: known?.emailMasked ?? null }
  })
}
