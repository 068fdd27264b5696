import { expect } from 'vitest'

export type Rules<State, Event, Command> = {
  initial: State
  evolve(state: State, event: Event): State
  /** Pure: what happens when `command` meets `state`. Throws to refuse. */
  decide(state: State, command: Command): readonly Event[]
}

export type Specification<Event, Command> = {
  /** What has happened before. */
  given(...history: Event[]): {
    when(command: Command): {
      /** Exactly these events follow; none means that nothing happens. */
      then(...events: Event[]): void
      /** It is refused: with an error of this code, name or message. */
      thenRefused(why: string): void
    }
  }
}

/** Rules that can be read as a specification: `const { given } = specify(rules)`, then `given(…).when(…).then(…)`. */
export const specify = <State, Event, Command>(rules: Rules<State, Event, Command>): Specification<Event, Command> => ({
  given: (...history) => ({
    when: (command) => {
      const decide = () => rules.decide(history.reduce(rules.evolve, rules.initial), command)
      return {
        // Reads as given, when, then; nobody awaits it.
        // oxlint-disable-next-line unicorn/no-thenable
        then: (...events) => expect(decide()).toEqual(events),
        thenRefused: (why) => expect(refusalOf(decide)).toContain(why),
      }
    },
  }),
})

function refusalOf(decide: () => unknown): string[] {
  try {
    decide()
  } catch (error) {
    const { code, name, message } = error as { code?: string; name?: string; message?: string }
    return [code, name, message].filter((text) => text !== undefined)
  }
  return ['it was not refused']
}
