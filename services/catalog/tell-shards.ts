import type { Database, Shards } from '@souk/postgres'
import { copyCategories, listCategories } from './categories.sql.ts'

/**
 * Categories are the marketplace's and lie at home; products lie with their shops and are checked against categories in
 * one transaction. So every shard has a copy, written after each change and, by a job, when that was cut short.
 */
export async function tellShards({ db: home, shards }: { db: Database; shards: Shards }): Promise<void> {
  const others = shards.all().slice(1)
  if (others.length === 0) return
  const categories = await listCategories(home.autocommit)
  for (const { db } of others) await copyCategories(db.autocommit, categories)
}
