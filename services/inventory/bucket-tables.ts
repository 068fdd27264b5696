import type { BucketTables } from '@souk/service'

export const inventoryBuckets: BucketTables = {
  tables: {
    shop_rules: { ofShop: 'shop_id' },
    locations: { ofId: 'id' },
    items: { ofId: 'variant_id' },
    stock: { ofId: 'variant_id' },
    lots: { ofId: 'id' },
    // Their ids may be a shop's own.
    changes: { ofShop: 'shop_id' },
    change_lines: { ofId: 'variant_id' },
    change_takes: { ofId: 'variant_id' },
    transfers: { ofId: 'variant_id' },
    // An audit of what changed since the last one asks for transactions of its own database.
    movements: { ofId: 'variant_id', fresh: ['xid'] },
    lot_movements: { ofId: 'variant_id' },
    assignments: { ofId: 'order_id' },
    issues: { ofId: 'order_id' },
    take_backs: { ofId: 'order_id' },
  },
}
