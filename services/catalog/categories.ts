import { httpErrors } from '@souk/http'
import { type Tx, uuidv7, violates } from '@souk/postgres'
import { type Category, findCategories, insertCategory, lockCategory, updateCategory } from './categories.sql.ts'
import { catalogErrors } from './errors.ts'

/** Six levels are more than any shopper walks, and a product is listed once in each. */
const maxDepth = 6

export type NewCategory = {
  slug: string
  title: string
  titles?: Record<string, string>
  parentId?: string | null
  position?: number
}

/** @throws category-slug-taken, category-not-found (the parent), category-too-deep */
export async function createCategory({ clock }: { clock: () => Date }, tx: Tx, given: NewCategory): Promise<Category> {
  const parent = given.parentId ? (await findCategories(tx, [given.parentId]))[0] : undefined
  if (given.parentId && parent === undefined)
    throw catalogErrors.error('category-not-found', 'The parent does not exist.')
  if (parent !== undefined && parent.ancestorIds.length >= maxDepth)
    throw catalogErrors.error('category-too-deep', `"${parent.title}" is on level ${maxDepth}, the last one.`)
  const categoryId = uuidv7(clock().getTime())
  const category: Category = {
    categoryId,
    parentId: parent?.categoryId ?? null,
    slug: given.slug,
    title: given.title,
    titles: given.titles ?? {},
    path: parent === undefined ? given.slug : `${parent.path}/${given.slug}`,
    ancestorIds: [...(parent?.ancestorIds ?? []), categoryId],
    position: given.position ?? 0,
    version: 1,
  }
  try {
    await insertCategory(tx, category)
  } catch (error) {
    if (violates(error, 'categories_slug_unique'))
      throw catalogErrors.error('category-slug-taken', `There is a category "${given.slug}" already.`)
    throw error
  }
  return category
}

/**
 * Titles and place among its siblings. Slug and parent stay: they are in the addresses of pages and in the rows of every
 * product below; make a new category and assign products to it instead.
 * @throws category-not-found, version-mismatch
 */
export async function editCategory(
  tx: Tx,
  categoryId: string,
  ifVersion: number,
  change: { title?: string; titles?: Record<string, string>; position?: number },
): Promise<Category> {
  const before = await lockCategory(tx, categoryId)
  if (before === undefined) throw catalogErrors.error('category-not-found', `There is no category ${categoryId}.`)
  if (before.version !== ifVersion)
    throw httpErrors.error('version-mismatch', `The category has version ${before.version} by now.`, {
      version: before.version,
    })
  const category = { ...before, ...change, version: before.version + 1 }
  await updateCategory(tx, category)
  return category
}

export type CategoryNode = {
  id: string
  slug: string
  title: string
  titles: Record<string, string>
  path: string
  position: number
  version: number
  children: CategoryNode[]
}

/** The tree, siblings by position, then title. @param categories parents before children. */
export function treeOf(categories: readonly Category[]): CategoryNode[] {
  const roots: CategoryNode[] = []
  const nodes = new Map<string, CategoryNode>()
  for (const { categoryId, parentId, slug, title, titles, path, position, version } of categories) {
    const node: CategoryNode = { id: categoryId, slug, title, titles, path, position, version, children: [] }
    nodes.set(categoryId, node)
    const siblings = parentId === null ? roots : nodes.get(parentId)?.children
    siblings?.push(node)
  }
  const sort = (siblings: CategoryNode[]) => {
    siblings.sort((a, b) => a.position - b.position || (a.title < b.title ? -1 : 1))
    for (const node of siblings) sort(node.children)
  }
  sort(roots)
  return roots
}
