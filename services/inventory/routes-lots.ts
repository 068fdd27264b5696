import { created, cursorOf, mayActFor, ok, pageOf, type Principal, type Route, readCursor, route } from '@souk/http'
import { changeStock } from './change-stock.ts'
import type { Deps } from './deps.ts'
import { errors } from './errors.ts'
import { dayOf, isExpired, type Lot } from './lots.ts'
import { findLot, findShopIssueRule, listExpiringLots, listLots, setIssueRule, setShopIssueRule } from './lots.sql.ts'
import { listToReorder, setReorderRule } from './reorder.sql.ts'
import { shopOf, variantOf } from './routes-shop.ts'
import { changeIdOf, notFound } from './routes-stock.ts'
import { PageQuery, ShopParams, VariantParams } from './schemas.ts'
import {
  ExpiringQuery,
  IssueRuleOfVariant,
  LotPage,
  LotParams,
  ReorderPage,
  ReorderRuleBody,
  ReorderRuleOfVariant,
  ShopIssueRule,
  VariantIssueRule,
  WriteOff,
  WrittenOff,
} from './schemas-lots.ts'

const tag = 'Inventory'
const duty = { duty: 'inventory' } as const
const soonMs = 14 * 86_400_000

/** A variant's lots, what expires, what is issued first and what is to be reordered. */
export const lotRoutes = (deps: Deps): Route[] => [
  route({
    method: 'GET',
    url: '/v1/inventory/variants/:variantId/lots',
    operationId: 'listLots',
    summary: 'The lots of a variant that hold goods',
    tag,
    access: duty,
    params: VariantParams,
    query: PageQuery,
    answers: { 200: LotPage },
    errors: ['stock-item-not-found'],
    async handle({ params: { variantId }, query, me }) {
      const { db } = await variantOf(deps, me, variantId)
      const [after] = readCursor('lots', query.cursor, 'id') ?? []
      const rows = await listLots(db.autocommit, variantId, after, query.limit + 1)
      return ok(pageOf(rows, query.limit, shapeOfLot(deps), (lot) => cursorOf('lots', lot.lotId)))
    },
  }),
  route({
    method: 'GET',
    url: '/v1/shops/:shopId/expiring-lots',
    operationId: 'listExpiringLots',
    summary: "A shop's lots that expire soon or have expired, the earliest first",
    tag,
    access: duty,
    params: ShopParams,
    query: ExpiringQuery,
    answers: { 200: LotPage },
    errors: ['stock-item-not-found'],
    async handle({ params: { shopId }, query, me }) {
      const { db } = shopOf(deps, me, shopId)
      const until = query.until ?? dayOf(new Date(deps.clock().getTime() + soonMs))
      const place = readCursor('expiring-lots', query.cursor, 'day', 'id')
      const after = place && { expiresOn: place[0], lotId: place[1] }
      const rows = await listExpiringLots(db.autocommit, shopId, until, after, query.limit + 1)
      const cursor = (lot: Lot) => cursorOf('expiring-lots', lot.expiresOn ?? '', lot.lotId)
      return ok(pageOf(rows, query.limit, shapeOfLot(deps), cursor))
    },
  }),
  route({
    method: 'POST',
    url: '/v1/inventory/lots/:lotId/write-off',
    operationId: 'writeOffLot',
    summary: 'Write off goods of a lot',
    description:
      'What is set apart for orders stays; what is promised cannot be taken: 409 says how many can. Repeated with the ' +
      'same Idempotency-Key it has no further effect.',
    tag,
    access: duty,
    params: LotParams,
    body: WriteOff,
    answers: { 201: WrittenOff },
    errors: [
      'lot-not-found',
      'already-promised',
      'not-on-shelf',
      'stock-transfer-pending',
      'stock-busy',
      'idempotency-mismatch',
    ],
    // Kept with the change itself: orders is asked in the middle, and no transaction may wait for that.
    idempotency: 'required',
    async handle(request) {
      const { reason, note, units } = request.body
      const lot = await lotOf(deps, request.me, request.params.lotId)
      const { lotId, shopId, variantId, locationId, code, expiresOn } = lot
      const id = changeIdOf(request.me.accountId, request.idempotencyKey ?? '', lotId)
      const wanted = units === undefined ? { clear: true as const } : { by: -units }
      const changed = await changeStock(deps, {
        id,
        shopId,
        reason,
        note: note ?? '',
        actor: request.me.accountId,
        correlationId: request.correlationId,
        lines: [{ variantId, locationId, lot: { code, expiresOn }, ...wanted }],
      })
      return created({ adjustmentId: id, lotId, units: Math.abs(changed[0]?.delta ?? 0) })
    },
  }),
  route({
    method: 'PUT',
    url: '/v1/inventory/variants/:variantId/issue-rule',
    operationId: 'setIssueRule',
    summary: 'Which lot of a variant leaves first',
    description:
      'fefo: the one that expires first; fifo: the one that came first. null: as the shop has it. For goods set apart from now on.',
    tag,
    access: duty,
    params: VariantParams,
    body: VariantIssueRule,
    answers: { 200: IssueRuleOfVariant },
    errors: ['stock-item-not-found'],
    async handle(request) {
      const { variantId } = request.params
      const { db, shopId } = await variantOf(deps, request.me, variantId)
      return await request.once(db, async (tx) => {
        const item = await setIssueRule(tx, variantId, shopId, request.body.issueRule)
        if (item === undefined) throw notFound()
        return ok({ variantId, issueRule: item.issueRule })
      })
    },
  }),
  route({
    method: 'GET',
    url: '/v1/shops/:shopId/issue-rule',
    operationId: 'getShopIssueRule',
    summary: 'Which lots of a shop leave first, where a variant has no rule of its own',
    tag,
    access: duty,
    params: ShopParams,
    answers: { 200: ShopIssueRule },
    errors: ['stock-item-not-found'],
    async handle({ params: { shopId }, me }) {
      const { db } = shopOf(deps, me, shopId)
      return ok((await findShopIssueRule(db.autocommit, shopId)) ?? { issueRule: 'fefo' as const })
    },
  }),
  route({
    method: 'PUT',
    url: '/v1/shops/:shopId/issue-rule',
    operationId: 'setShopIssueRule',
    summary: 'Say which lots of a shop leave first',
    tag,
    access: duty,
    params: ShopParams,
    body: ShopIssueRule,
    answers: { 200: ShopIssueRule },
    errors: ['stock-item-not-found'],
    async handle(request) {
      const { shopId } = request.params
      const { db } = shopOf(deps, request.me, shopId)
      return await request.once(db, async (tx) => {
        await setShopIssueRule(tx, shopId, request.body.issueRule)
        return ok(request.body)
      })
    },
  }),
  route({
    method: 'PUT',
    url: '/v1/inventory/variants/:variantId/reorder-rule',
    operationId: 'setReorderRule',
    summary: 'When a variant is to be reordered, and how many of it',
    tag,
    access: duty,
    params: VariantParams,
    body: ReorderRuleBody,
    answers: { 200: ReorderRuleOfVariant },
    errors: ['stock-item-not-found'],
    async handle(request) {
      const { variantId } = request.params
      const { db, shopId } = await variantOf(deps, request.me, variantId)
      return await request.once(db, async (tx) => {
        if ((await setReorderRule(tx, variantId, shopId, request.body.rule)) === 0) throw notFound()
        return ok({ variantId, rule: request.body.rule })
      })
    },
  }),
  route({
    method: 'GET',
    url: '/v1/shops/:shopId/reorders',
    operationId: 'listToReorder',
    summary: 'What a shop is to reorder by its rules',
    tag,
    access: duty,
    params: ShopParams,
    query: PageQuery,
    answers: { 200: ReorderPage },
    errors: ['stock-item-not-found'],
    async handle({ params: { shopId }, query, me }) {
      const { db } = shopOf(deps, me, shopId)
      const [after] = readCursor('to-reorder', query.cursor, 'id') ?? []
      const rows = await listToReorder(db.autocommit, shopId, after, query.limit + 1)
      const shape = (row: (typeof rows)[number]) => row
      return ok(pageOf(rows, query.limit, shape, (row) => cursorOf('to-reorder', row.variantId)))
    },
  }),
]

const shapeOfLot =
  ({ clock }: Pick<Deps, 'clock'>) =>
  (lot: Lot) => ({
    lotId: lot.lotId,
    variantId: lot.variantId,
    locationId: lot.locationId,
    code: lot.code,
    expiresOn: lot.expiresOn,
    expired: isExpired(lot, dayOf(clock())),
    receivedAt: lot.receivedAt.toISOString(),
    onHand: lot.onHand,
    setApart: lot.assigned,
  })

async function lotOf(deps: Deps, me: Principal, lotId: string): Promise<Lot> {
  const lot = await findLot(deps.shards.ofId(lotId).db.autocommit, lotId)
  if (lot === undefined || !mayActFor(me, lot.shopId, 'inventory'))
    throw errors.error('lot-not-found', 'There is no such lot in a shop you work for.')
  return lot
}
