import { sql, type Tx } from '@souk/postgres'

export type KnownVariant = {
  readonly variantId: string
  readonly productId: string
  /** As assigned, without their ancestors. */
  readonly categoryIds: readonly string[]
  readonly weightGrams: number
  readonly taxClass: string
  readonly productVersion: number
}

export const findVariants = (tx: Tx, variantIds: readonly string[]) =>
  tx.many<KnownVariant>(sql`
    select variant_id as "variantId", product_id as "productId", category_ids as "categoryIds", weight_grams as "weightGrams",
      tax_class as "taxClass", product_version as "productVersion"
    from variants where variant_id = any(${variantIds}::uuid[])`)

/** Take over newer news; older news changes nothing. JSON, because lists within lists cannot be unnested. */
export const upsertVariants = (tx: Tx, variants: readonly KnownVariant[]) =>
  tx.run(sql`
    insert into variants as v (variant_id, product_id, category_ids, weight_grams, tax_class, product_version)
    select "variantId", "productId", "categoryIds", "weightGrams", "taxClass", "productVersion"
    from json_to_recordset(${JSON.stringify(variants)}::json) as t ("variantId" uuid, "productId" uuid, "categoryIds" uuid[],
      "weightGrams" int, "taxClass" text, "productVersion" bigint)
    on conflict (variant_id) do update set product_id = excluded.product_id, category_ids = excluded.category_ids,
      weight_grams = excluded.weight_grams, tax_class = excluded.tax_class, product_version = excluded.product_version
    where v.product_version < excluded.product_version`)
