import { cursorOf, etag, noContent, ok, pageOf, readCursor, route, type Route } from '@souk/http'
import { Type } from 'typebox'
import { byOf, closed, paging, requireDuty, type RouteDeps, ShopParams, tag } from './edge.ts'
import { shopErrors } from './errors.ts'
import { findMember, listMembers } from './members.sql.ts'
import { nameMembers } from './name-members.ts'
import { dropMember, setMember } from './set-members.ts'
import { allDuties } from './shop.ts'
import { tellIdentity } from './tell-others.ts'
import { Id, listOf, MemberView, memberView } from './views.ts'

const MemberParams = Type.Object({ shopId: Id, accountId: Id }, closed)

/** Who works in a shop, and what they may do there. */
export const memberRoutes = (deps: RouteDeps): Route[] => [
  route({
    method: 'GET',
    url: '/v1/shops/:shopId/members',
    operationId: 'listShopMembers',
    summary: 'List the members of a shop, with their names',
    tag,
    access: { duty: 'members' },
    params: ShopParams,
    query: Type.Object(paging, closed),
    answers: { 200: listOf(MemberView) },
    errors: ['shop-not-found'],
    async handle(request) {
      const { params, query } = request
      requireDuty(request, params.shopId, 'members')
      const members = await listMembers(
        deps.db.autocommit,
        params.shopId,
        readCursor('members', query.cursor, 'id')?.[0],
        query.limit + 1,
      )
      const named = await nameMembers(deps, params.shopId, members)
      return ok(
        pageOf(
          named,
          query.limit,
          (each) => each,
          (row) => cursorOf('members', row.accountId),
        ),
      )
    },
  }),
  route({
    method: 'GET',
    url: '/v1/shops/:shopId/members/:accountId',
    operationId: 'getShopMember',
    summary: 'Get a member of a shop',
    tag,
    access: { duty: 'members' },
    params: MemberParams,
    answers: { 200: MemberView },
    errors: ['shop-not-found', 'member-not-found'],
    async handle(request) {
      const { shopId, accountId } = request.params
      requireDuty(request, shopId, 'members')
      const member = await findMember(deps.db.autocommit, shopId, accountId)
      if (member === undefined)
        throw shopErrors.error('member-not-found', `The account ${accountId} is not a member of this shop.`)
      const [named] = await nameMembers(deps, shopId, [member])
      return ok(named, etag(member.version))
    },
  }),
  route({
    method: 'PUT',
    url: '/v1/shops/:shopId/members/:accountId',
    operationId: 'setShopMember',
    summary: 'Add a member, or change what one may do',
    description:
      'Owners have all duties; only owners and operators make, change and remove owners. It holds from the next refresh of their access token on.',
    tag,
    access: { duty: 'members' },
    params: MemberParams,
    body: Type.Object(
      {
        duties: Type.Array(Type.Enum([...allDuties]), { maxItems: allDuties.length, uniqueItems: true }),
        owner: Type.Boolean({ default: false }),
      },
      closed,
    ),
    // Repeating it asks for the same, and an answer that was kept would hide what identity says to it.
    idempotency: 'none',
    answers: { 200: MemberView },
    errors: ['shop-not-found', 'owners-only', 'last-owner', 'member-refused'],
    async handle(request) {
      const { shopId, accountId } = request.params
      requireDuty(request, shopId, 'members')
      const answer = await request.once(deps.db, async (tx) => {
        const member = await setMember(deps, tx, shopId, { accountId, ...request.body }, byOf(request))
        return ok(memberView(member), etag(member.version))
      })
      const { refusal } = await tellIdentity(deps, shopId, accountId)
      if (refusal !== undefined) throw shopErrors.error('member-refused', refusal.message)
      return answer
    },
  }),
  route({
    method: 'DELETE',
    url: '/v1/shops/:shopId/members/:accountId',
    operationId: 'removeShopMember',
    summary: 'Remove a member',
    tag,
    access: { duty: 'members' },
    params: MemberParams,
    answers: { 204: Type.Null() },
    errors: ['shop-not-found', 'member-not-found', 'owners-only', 'last-owner'],
    async handle(request) {
      const { shopId, accountId } = request.params
      requireDuty(request, shopId, 'members')
      const answer = await request.once(deps.db, async (tx) => {
        await dropMember(deps, tx, shopId, accountId, byOf(request))
        return noContent
      })
      await tellIdentity(deps, shopId, accountId)
      return answer
    },
  }),
]
