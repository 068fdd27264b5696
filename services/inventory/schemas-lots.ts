import { Type } from 'typebox'
import { issueRules } from './lots.ts'
import { closed, Day, Id, Instant, Note, paging, pageOf, Units } from './schemas.ts'
import { maxOnHand } from './stock.ts'

export const LotParams = Type.Object({ lotId: Id }, closed)

export const LotShape = Type.Object(
  {
    lotId: Id,
    variantId: Id,
    locationId: Id,
    code: Type.String({ description: 'Empty for goods that came without one' }),
    expiresOn: Type.Union([Day, Type.Null()], { description: 'The last day on which they may be handed over, UTC' }),
    expired: Type.Boolean(),
    receivedAt: Instant,
    onHand: Units,
    setApart: Type.Integer({ minimum: 0, description: 'Of these, for orders that wait to be shipped' }),
  },
  closed,
)
export const LotPage = pageOf(LotShape)

export const ExpiringQuery = Type.Object(
  { ...paging, until: Type.Optional(Type.Unsafe<string>({ ...Day, description: 'Default: 14 days from now' })) },
  closed,
)

export const WriteOff = Type.Object(
  {
    reason: Type.Union([Type.Literal('damaged'), Type.Literal('lost'), Type.Literal('expired')]),
    units: Type.Optional(
      Type.Integer({ minimum: 1, maximum: maxOnHand, description: 'Default: all that are not set apart for orders' }),
    ),
    note: Type.Optional(Note),
  },
  closed,
)
export const WrittenOff = Type.Object({ adjustmentId: Id, lotId: Id, units: Units }, closed)

const Rule = Type.Union(issueRules.map((rule) => Type.Literal(rule)))
export const ShopIssueRule = Type.Object({ issueRule: Rule }, closed)
export const VariantIssueRule = Type.Object(
  { issueRule: Type.Union([...issueRules.map((rule) => Type.Literal(rule)), Type.Null()]) },
  closed,
)
export const IssueRuleOfVariant = Type.Object({ variantId: Id, ...VariantIssueRule.properties }, closed)

const reorder = {
  reorderPoint: Type.Integer({ minimum: 0, maximum: maxOnHand, description: 'When so many or fewer are on hand' }),
  reorderQuantity: Type.Integer({ minimum: 1, maximum: maxOnHand, description: 'so many are to be ordered' }),
}
export const ReorderRuleBody = Type.Object(
  { rule: Type.Union([Type.Object(reorder, closed), Type.Null()], { description: 'null: none' }) },
  closed,
)
export const ReorderRuleOfVariant = Type.Object({ variantId: Id, ...ReorderRuleBody.properties }, closed)
export const ReorderPage = pageOf(
  Type.Object(
    {
      variantId: Id,
      productId: Id,
      sku: Type.String(),
      title: Type.String(),
      onHand: Units,
      setApart: Type.Integer({ minimum: 0 }),
      ...reorder,
    },
    closed,
  ),
)
