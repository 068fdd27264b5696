import {
  created,
  cursorOf,
  etag,
  httpErrors,
  noContent,
  ok,
  pageOf,
  readCursor,
  type Route,
  route,
  versionFrom,
} from '@souk/http'
import { bucketOf, uuidv7, violates } from '@souk/postgres'
import { Type } from 'typebox'
import {
  checkWindow,
  closed,
  Currency,
  firstPage,
  Id,
  line,
  listOf,
  Minor,
  msOf,
  orNull,
  requireDuty,
  type RouteDeps,
  scope,
  ShopParams,
  tag,
  Time,
  timeOf,
  unfit,
} from './edge.ts'
import { promotionErrors } from './errors.ts'
import { codeOf } from './price-order.ts'
import { voucherKinds } from './rules.ts'
import { anyNumber, tellOrders } from './tell-orders.ts'
import {
  findVoucher,
  insertVoucher,
  listVouchers,
  lockVoucher,
  removeVoucher,
  type StoredVoucher,
  updateVoucher,
} from './vouchers.sql.ts'

const VoucherParams = Type.Object({ shopId: Id, voucherId: Id }, closed)
const editable = {
  title: line(1, 120, 'What customers see beside what it takes off.'),
  minimumMinor: Minor,
  ...scope,
  startsAt: orNull(Time),
  endsAt: orNull(Time, 'It no longer holds from this instant on.'),
  uses: orNull(
    Type.Integer({ minimum: 0, maximum: anyNumber }),
    'In all; null: any number. Kept by the orders themselves, whatever arrives at once; those taken already stay taken.',
  ),
  active: Type.Boolean(),
}
const optional = {
  minimumMinor: Type.Optional(editable.minimumMinor),
  productIds: Type.Optional(editable.productIds),
  categoryIds: Type.Optional(editable.categoryIds),
  startsAt: Type.Optional(editable.startsAt),
  endsAt: Type.Optional(editable.endsAt),
  uses: Type.Optional(editable.uses),
  active: Type.Optional(editable.active),
}
const NewVoucherBody = Type.Object(
  {
    code: Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{1,39}$',
      description: 'However its case; unique in the shop.',
    }),
    title: editable.title,
    kind: Type.Enum(voucherKinds),
    percent: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: 'For `percent`.' })),
    amountMinor: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000_000_000, description: 'For `amount`.' })),
    currency: Type.Optional(Currency),
    firstOrderOnly: Type.Optional(Type.Boolean({ description: "For a customer's first order with the shop." })),
    usesPerCustomer: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 1_000_000,
        description: '0 or left out: any number. It cannot be changed later.',
      }),
    ),
    ...optional,
  },
  closed,
)
const EditVoucherBody = Type.Object(
  { title: Type.Optional(editable.title), ...optional },
  { ...closed, minProperties: 1 },
)
const VoucherView = Type.Object(
  {
    id: Id,
    shopId: Id,
    version: Type.Integer(),
    code: Type.String(),
    kind: Type.Enum(voucherKinds),
    percent: Type.Integer(),
    amountMinor: Type.Integer(),
    currency: Type.String({ description: 'Of the amounts; empty: any.' }),
    firstOrderOnly: Type.Boolean(),
    usesPerCustomer: Type.Integer({ description: '0: any number.' }),
    title: Type.String(),
    minimumMinor: Type.Integer(),
    productIds: Type.Array(Id),
    categoryIds: Type.Array(Id),
    startsAt: orNull(Time),
    endsAt: orNull(Time),
    uses: orNull(Type.Integer()),
    active: Type.Boolean(),
    usesTaken: orNull(Type.Integer(), 'By orders that are not cancelled. Null: orders could not be asked.'),
    createdAt: Time,
  },
  closed,
)

const voucherView = (voucher: StoredVoucher, taken: ReadonlyMap<string, number> | undefined) => ({
  id: voucher.voucherId,
  shopId: voucher.shopId,
  version: voucher.version,
  code: voucher.code,
  kind: voucher.kind,
  percent: voucher.percent,
  amountMinor: voucher.amountMinor,
  currency: voucher.currency,
  firstOrderOnly: voucher.firstOrderOnly,
  usesPerCustomer: voucher.usesPerCustomer,
  title: voucher.title,
  minimumMinor: voucher.minimumMinor,
  productIds: voucher.productIds,
  categoryIds: voucher.categoryIds,
  startsAt: timeOf(voucher.startsAtMs),
  endsAt: timeOf(voucher.endsAtMs),
  uses: voucher.uses,
  active: voucher.active,
  usesTaken: taken === undefined ? null : (taken.get(voucher.voucherId) ?? 0),
  createdAt: new Date(voucher.createdAtMs).toISOString(),
})

const notFound = (voucherId: string) =>
  promotionErrors.error('voucher-not-found', `There is no voucher ${voucherId} in this shop.`)

/** @throws promotion-does-not-fit */
function checkVoucher(voucher: StoredVoucher): void {
  checkWindow(voucher.startsAtMs, voucher.endsAtMs)
  if (voucher.kind === 'percent' && voucher.percent === 0) throw unfit('A voucher of per cent needs `percent`.')
  if (voucher.kind === 'amount' && voucher.amountMinor === 0) throw unfit('A voucher of an amount needs `amountMinor`.')
  if ((voucher.amountMinor > 0 || voucher.minimumMinor > 0) && voucher.currency === '')
    throw unfit('Amounts need a `currency`.')
  if (voucher.kind !== 'percent' && voucher.percent > 0) throw unfit('`percent` is for vouchers of per cent.')
  if (voucher.kind !== 'amount' && voucher.amountMinor > 0) throw unfit('`amountMinor` is for vouchers of an amount.')
}

export function voucherRoutes(deps: RouteDeps): Route[] {
  const { shards, clock, terms } = deps
  /** How many uses of these are taken, as orders counts them. */
  const takenOf = async (shopId: string, vouchers: readonly StoredVoucher[]) => {
    if (vouchers.length === 0) return new Map<string, number>()
    const voucherIds = vouchers.map(({ voucherId }) => voucherId)
    const answer = await terms
      .listUses({ shopId, voucherIds, customerId: '' }, { timeoutMs: 1_000 })
      .catch(() => undefined)
    return answer && new Map(answer.uses.map((one) => [one.voucherId, Number(one.granted - one.remaining)] as const))
  }
  return [
    route({
      method: 'POST',
      url: '/v1/shops/:shopId/vouchers',
      operationId: 'createVoucher',
      summary: 'Create a voucher',
      description:
        'Its uses are drawn by the orders that carry it, in the statement that writes them: never more than there are, and given back when an order is cancelled.',
      tag,
      access: { duty: 'catalog' },
      params: ShopParams,
      body: NewVoucherBody,
      answers: { 201: VoucherView },
      errors: ['promotion-shop-not-found', 'voucher-code-taken', 'promotion-does-not-fit'],
      async handle(request) {
        const { shopId } = request.params
        requireDuty(request.me, shopId, 'catalog')
        const { body } = request
        const now = clock()
        const voucher: StoredVoucher = {
          voucherId: uuidv7(now.getTime(), bucketOf(shopId)),
          shopId,
          version: 1,
          code: codeOf(body.code),
          title: body.title,
          kind: body.kind,
          percent: body.percent ?? 0,
          amountMinor: body.amountMinor ?? 0,
          currency: body.currency ?? '',
          minimumMinor: body.minimumMinor ?? 0,
          firstOrderOnly: body.firstOrderOnly ?? false,
          productIds: [...new Set(body.productIds)],
          categoryIds: [...new Set(body.categoryIds)],
          startsAtMs: msOf(body.startsAt),
          endsAtMs: msOf(body.endsAt),
          uses: body.uses ?? null,
          usesPerCustomer: body.usesPerCustomer ?? 0,
          active: body.active ?? true,
          createdAtMs: now.getTime(),
        }
        checkVoucher(voucher)
        const answer = await request.once(shards.ofOwner(shopId).db, async (tx) => {
          try {
            await insertVoucher(tx, voucher)
          } catch (error) {
            if (!violates(error, 'vouchers_code_unique')) throw error
            throw promotionErrors.error('voucher-code-taken', `The shop has a voucher ${voucher.code} already.`)
          }
          return created(voucherView(voucher, new Map()), {
            ...etag(1),
            location: `/v1/shops/${shopId}/vouchers/${voucher.voucherId}`,
          })
        })
        await tellOrders(deps, shopId, [voucher.voucherId])
        return answer
      },
    }),
    route({
      method: 'GET',
      url: '/v1/shops/:shopId/vouchers',
      operationId: 'listVouchers',
      summary: "A shop's vouchers, newest first",
      tag,
      access: { duty: 'catalog' },
      params: ShopParams,
      query: Type.Object(
        {
          limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
          cursor: Type.Optional(Type.String({ maxLength: 600 })),
        },
        closed,
      ),
      answers: { 200: listOf(VoucherView) },
      errors: ['promotion-shop-not-found'],
      async handle({ params: { shopId }, query: { limit, cursor }, me }) {
        requireDuty(me, shopId, 'catalog')
        const [before] = readCursor('vouchers', cursor, 'id') ?? [firstPage]
        const rows = await listVouchers(shards.ofOwner(shopId).db.autocommit, shopId, before, limit + 1)
        const taken = await takenOf(shopId, rows)
        return ok(
          pageOf(
            rows,
            limit,
            (row) => voucherView(row, taken),
            (last) => cursorOf('vouchers', last.voucherId),
          ),
        )
      },
    }),
    route({
      method: 'GET',
      url: '/v1/shops/:shopId/vouchers/:voucherId',
      operationId: 'getVoucher',
      summary: 'Get a voucher',
      tag,
      access: { duty: 'catalog' },
      params: VoucherParams,
      answers: { 200: VoucherView },
      errors: ['promotion-shop-not-found', 'voucher-not-found'],
      async handle({ params: { shopId, voucherId }, me }) {
        requireDuty(me, shopId, 'catalog')
        const voucher = await findVoucher(shards.ofOwner(shopId).db.autocommit, shopId, voucherId)
        if (voucher === undefined) throw notFound(voucherId)
        return ok(voucherView(voucher, await takenOf(shopId, [voucher])), etag(voucher.version))
      },
    }),
    route({
      method: 'PATCH',
      url: '/v1/shops/:shopId/vouchers/:voucherId',
      operationId: 'editVoucher',
      summary: 'Edit a voucher',
      description:
        'Fields left out stay as they are. Fewer uses, or none, hold from the answer on. Send the ETag you read as If-Match.',
      tag,
      access: { duty: 'catalog' },
      params: VoucherParams,
      body: EditVoucherBody,
      answers: { 200: VoucherView },
      errors: [
        'promotion-shop-not-found',
        'voucher-not-found',
        'version-mismatch',
        'precondition-required',
        'promotion-does-not-fit',
      ],
      async handle(request) {
        const { shopId, voucherId } = request.params
        requireDuty(request.me, shopId, 'catalog')
        const ifVersion = versionFrom(request.headers['if-match'])
        const { startsAt, endsAt, ...body } = request.body
        const answer = await request.once(shards.ofOwner(shopId).db, async (tx) => {
          const before = await lockVoucher(tx, shopId, voucherId)
          if (before === undefined) throw notFound(voucherId)
          if (before.version !== ifVersion)
            throw httpErrors.error('version-mismatch', `The voucher has version ${before.version} by now.`, {
              version: before.version,
            })
          const voucher: StoredVoucher = {
            ...before,
            ...body,
            ...(startsAt !== undefined && { startsAtMs: msOf(startsAt) }),
            ...(endsAt !== undefined && { endsAtMs: msOf(endsAt) }),
            version: before.version + 1,
          }
          checkVoucher(voucher)
          await updateVoucher(tx, voucher)
          return ok(voucherView(voucher, undefined), etag(voucher.version))
        })
        await tellOrders(deps, shopId, [voucherId])
        return answer
      },
    }),
    route({
      method: 'DELETE',
      url: '/v1/shops/:shopId/vouchers/:voucherId',
      operationId: 'removeVoucher',
      summary: 'Remove a voucher',
      description: 'Its code is free again. Orders that used it keep what it took off.',
      tag,
      access: { duty: 'catalog' },
      params: VoucherParams,
      answers: { 204: Type.Null() },
      errors: ['promotion-shop-not-found', 'voucher-not-found'],
      async handle(request) {
        const { shopId, voucherId } = request.params
        requireDuty(request.me, shopId, 'catalog')
        const answer = await request.once(shards.ofOwner(shopId).db, async (tx) => {
          if ((await lockVoucher(tx, shopId, voucherId)) === undefined) throw notFound(voucherId)
          await removeVoucher(tx, voucherId, clock())
          return noContent
        })
        await tellOrders(deps, shopId, [voucherId])
        return answer
      },
    }),
  ]
}
