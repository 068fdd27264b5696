import type { Page } from './page-cache.ts'

export type WarmOptions = {
  /** Makes a page as for everybody, and keeps it. */
  get(path: string): Promise<Page>
  /** From where links are followed, in this order. */
  from: readonly string[]
  budgetMs: number
  clock?: () => number
}

/** As many as keep one core busy while the marketplace answers. */
const atOnce = 6
/** Pages that are for everybody, of one thing each, and without a query: what somebody comes to by a link. */
const link = /href="(\/(?:de\/)?(?:p|c|s|sale|sales)(?:\/[^"?#]*)?)"/g

/**
 * Makes pages before anybody is let in, those first that are nearest to the first page: a page nobody has seen costs some
 * milliseconds and six questions, and a crowd that is there at the opening would wait for each other's. Ends in its time,
 * and at once when the marketplace does not answer. Resolves to how many were made.
 */
export async function warm({ get, from, budgetMs, clock = Date.now }: WarmOptions): Promise<number> {
  const untilMs = clock() + budgetMs
  const known = new Set(from)
  const waiting = [...from]
  let made = 0
  let failed = 0
  let underWay = 0
  const work = async (): Promise<void> => {
    while (clock() < untilMs && failed < atOnce) {
      const path = waiting.shift()
      if (path === undefined) {
        // Whoever is still at it may find more.
        if (underWay === 0) return
        await new Promise((resolve) => setTimeout(resolve, 5))
        continue
      }
      underWay += 1
      try {
        const { status, body } = await get(path)
        if (status >= 500) failed += 1
        if (status === 200) made += 1
        for (const [, found = ''] of body.toString('utf8').matchAll(link))
          if (!known.has(found)) {
            known.add(found)
            waiting.push(found)
          }
      } catch {
        failed += 1
      } finally {
        underWay -= 1
      }
    }
  }
  // A page that hangs is not waited for.
  const late = new Promise<void>((resolve) => setTimeout(resolve, budgetMs).unref())
  await Promise.race([Promise.all(Array.from({ length: atOnce }, work)), late])
  return made
}
