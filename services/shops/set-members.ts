import type { Tx } from '@souk/postgres'
import { type By, type ChangeDeps, changeShop, shopNotFound } from './change-shop.ts'
import { shopErrors } from './errors.ts'
import {
  type DutyIntent,
  findMember,
  listOwners,
  type Member,
  removeMember,
  settleIntent,
  upsertMember,
  writeIntent,
} from './members.sql.ts'
import { allDuties, type Duty } from './shop.ts'
import { lockShop } from './shops.sql.ts'

/** Whoever runs the marketplace may do what owners may. */
export type MemberBy = By & { operator: boolean }

const ownersOnly = () => shopErrors.error('owners-only', 'Only an owner of the shop may make, change or remove owners.')

/**
 * Make an account a member, or change what it may do. Owners have all duties.
 * After the commit: `tellIdentity`.
 * @throws shop-not-found, owners-only, last-owner
 */
export async function setMember(
  deps: ChangeDeps,
  tx: Tx,
  shopId: string,
  member: { accountId: string; owner: boolean; duties: readonly Duty[] },
  by: MemberBy,
): Promise<Member> {
  await guardOwners(tx, shopId, member, by)
  const duties = member.owner ? [...allDuties] : allDuties.filter((duty) => member.duties.includes(duty))
  const now = deps.clock()
  const saved = await upsertMember(tx, shopId, { ...member, duties }, now)
  await writeIntent(tx, { shopId, accountId: member.accountId, duties, setBy: by.accountId }, now)
  await keepContact(deps, tx, shopId, by)
  return saved
}

/** Take an account out of a shop. @throws shop-not-found, member-not-found, owners-only, last-owner */
export async function dropMember(
  deps: ChangeDeps,
  tx: Tx,
  shopId: string,
  accountId: string,
  by: MemberBy,
): Promise<void> {
  await guardOwners(tx, shopId, { accountId, owner: false }, by)
  if ((await removeMember(tx, shopId, accountId)) === 0)
    throw shopErrors.error('member-not-found', `The account ${accountId} is not a member of this shop.`)
  await writeIntent(tx, { shopId, accountId, duties: [], setBy: by.accountId }, deps.clock())
  await keepContact(deps, tx, shopId, by)
}

/** Identity will not have this account in the shop, now or later: it is no member. The last owner stays, without duties. */
export async function leaveOut(deps: Pick<ChangeDeps, 'outbox' | 'clock'>, tx: Tx, intent: DutyIntent): Promise<void> {
  const { shopId, accountId } = intent
  await lockShop(tx, shopId)
  if ((await settleIntent(tx, intent)) === 0) return
  const owners = await listOwners(tx, shopId)
  if (owners.length === 1 && owners[0] === accountId) return
  await removeMember(tx, shopId, accountId)
  await keepContact(deps, tx, shopId, { accountId: intent.setBy, correlationId: '' })
}

/** Under the lock of the shop, so that two owners cannot remove each other at once. */
async function guardOwners(
  tx: Tx,
  shopId: string,
  wanted: { accountId: string; owner: boolean },
  by: MemberBy,
): Promise<void> {
  if ((await lockShop(tx, shopId)) === undefined) throw shopNotFound(shopId)
  const owners = await listOwners(tx, shopId)
  const isOwner = owners.includes(wanted.accountId)
  if ((isOwner || wanted.owner) && !by.operator && !owners.includes(by.accountId)) throw ownersOnly()
  if (isOwner && !wanted.owner && owners.length === 1)
    throw shopErrors.error('last-owner', 'This account is the only owner of the shop.')
}

/** The owner a shop is announced with must still be one. */
async function keepContact(deps: Pick<ChangeDeps, 'outbox' | 'clock'>, tx: Tx, shopId: string, by: By): Promise<void> {
  const shop = await lockShop(tx, shopId)
  const contact = shop && (await findMember(tx, shopId, shop.ownerAccountId))
  if (contact?.owner) return
  const [ownerAccountId] = await listOwners(tx, shopId)
  if (ownerAccountId === undefined) throw new Error(`shop ${shopId} has no owner`)
  await changeShop(deps, tx, shopId, by, (before) => ({ changed: { ...before, ownerAccountId } }))
}

/** @throws owners-only unless an owner or operator asks */
export async function requireOwner(tx: Tx, shopId: string, by: MemberBy): Promise<void> {
  if (!by.operator && !(await findMember(tx, shopId, by.accountId))?.owner) throw ownersOnly()
}
