import type { Principal } from '@souk/http'
import type { DemoCategory } from '../demo/index.ts'
import type { Desk } from '../desk.ts'

type Node = { id: string; slug: string; children: Node[] }

/** Categories the demo needs and the marketplace has not. @returns ids by key */
export async function stockCategories(
  desk: Desk,
  operator: Principal,
  categories: readonly DemoCategory[],
): Promise<Map<string, string>> {
  const { items } = await desk.call<{ items: Node[] }>('listCategories', {})
  const known = new Map<string, string>()
  const walk = (nodes: readonly Node[]) => {
    for (const { id, slug, children } of nodes) {
      known.set(slug, id)
      walk(children)
    }
  }
  walk(items)
  const ids = new Map<string, string>()
  for (const [position, { key, parentKey, name, names, slug }] of categories.entries()) {
    const parentId = parentKey === undefined ? undefined : ids.get(parentKey)
    const id =
      known.get(slug) ??
      (
        await desk.call<{ id: string }>('createCategory', {
          as: operator,
          body: { slug, title: name, titles: names, position, ...(parentId !== undefined && { parentId }) },
        })
      ).id
    ids.set(key, id)
  }
  return ids
}
