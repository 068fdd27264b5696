import { sql, type Tx } from '@souk/postgres'

export type Category = {
  categoryId: string
  parentId: string | null
  slug: string
  title: string
  /** By language, where it is called something else there: {"de": "Bäckerei"}. */
  titles: Record<string, string>
  path: string
  ancestorIds: string[]
  position: number
  version: number
}

const columns = sql`
  category_id as "categoryId", parent_id as "parentId", slug, title, titles, path, ancestor_ids as "ancestorIds", position, version`

/** All of them, parents before children. An operator's tree has hundreds; 5,000 is where it is cut. */
export const listCategories = (tx: Tx) =>
  tx.many<Category>(sql`select ${columns} from categories order by path limit 5000`)

export const findCategories = (tx: Tx, categoryIds: readonly string[]) =>
  tx.many<Category>(sql`select ${columns} from categories where category_id = any(${categoryIds}::uuid[])`)

export const findCategoryBySlug = (tx: Tx, slug: string) =>
  tx.maybeOne<Category>(sql`select ${columns} from categories where slug = ${slug}`)

export const lockCategory = (tx: Tx, categoryId: string) =>
  tx.maybeOne<Category>(sql`select ${columns} from categories where category_id = ${categoryId} for update`)

/** @throws a violation of categories_slug_unique */
export const insertCategory = (tx: Tx, category: Category) =>
  tx.run(sql`
    insert into categories (category_id, parent_id, slug, title, titles, path, ancestor_ids, position)
    values (${category.categoryId}, ${category.parentId}, ${category.slug}, ${category.title},
      ${JSON.stringify(category.titles)}::jsonb, ${category.path}, ${category.ancestorIds}::uuid[], ${category.position})`)

/** As they are at home; older news changes nothing. Parents stand before their children. */
export const copyCategories = (tx: Tx, categories: readonly Category[]) =>
  tx.run(sql`
    insert into categories (category_id, parent_id, slug, title, titles, path, ancestor_ids, position, version)
    select "categoryId", "parentId", slug, title, titles, path, "ancestorIds", position, version
    from jsonb_to_recordset(${JSON.stringify(categories)}::jsonb) as given (
      "categoryId" uuid, "parentId" uuid, slug text, title text, titles jsonb, path text, "ancestorIds" uuid[], position int,
      version bigint)
    on conflict (category_id) do update
    set title = excluded.title, titles = excluded.titles, position = excluded.position, version = excluded.version
    where categories.version < excluded.version`)

export const updateCategory = (tx: Tx, category: Category) =>
  tx.run(sql`
    update categories set title = ${category.title}, titles = ${JSON.stringify(category.titles)}::jsonb, position = ${category.position}, version = ${category.version}
    where category_id = ${category.categoryId}`)
