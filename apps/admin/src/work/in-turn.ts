export type Progress = { done: number; total: number }
export type Outcome<Item> = { item: Item; error?: unknown }

/**
 * Do something for each, `width` at a time, telling how far it is. What fails does not stop the others.
 * Stops taking new ones once `signal` is aborted; outcomes are of those that were begun, in order.
 */
export async function eachInTurn<Item>(
  items: readonly Item[],
  act: (item: Item, index: number) => Promise<unknown>,
  onProgress: (progress: Progress) => void,
  { width = 4, signal }: { width?: number; signal?: AbortSignal } = {},
): Promise<Outcome<Item>[]> {
  const outcomes: Outcome<Item>[] = []
  let next = 0
  let done = 0
  const worker = async () => {
    while (next < items.length && !signal?.aborted) {
      const index = next++
      const item = items[index] as Item
      try {
        await act(item, index)
        outcomes[index] = { item }
      } catch (error) {
        outcomes[index] = { item, error }
      }
      onProgress({ done: ++done, total: items.length })
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker))
  return outcomes.filter(() => true)
}
