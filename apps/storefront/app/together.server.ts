/**
 * Asks for many things at once: what is wanted within a moment goes in one question, each thing once.
 * @param most ids in one question
 */
export function askTogether<Value>(most: number, ask: (ids: string[]) => Promise<ReadonlyMap<string, Value>>) {
  let wanted = new Map<string, ((answer: Promise<Value | undefined>) => void)[]>()

  function send(): void {
    const all = [...wanted]
    wanted = new Map()
    for (let from = 0; from < all.length; from += most) {
      const some = all.slice(from, from + most)
      const answer = ask(some.map(([id]) => id))
      for (const [id, waiting] of some) for (const tell of waiting) tell(answer.then((found) => found.get(id)))
    }
  }

  /** Undefined when there is no answer about it. */
  return (id: string): Promise<Value | undefined> =>
    new Promise((resolve) => {
      // After whatever is ready to run: pages that are made at the same moment ask together.
      if (wanted.size === 0) setImmediate(send)
      wanted.set(id, [...(wanted.get(id) ?? []), resolve])
    })
}
