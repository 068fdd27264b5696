import { type Command, InvalidArgumentError } from 'commander'

/** Whole numbers within bounds, for options. */
export const whole = (min: number, max: number) => (text: string) => {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < min || value > max)
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
  return value
}

export const examples = (...lines: string[]) => `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`

/** What a command resolves to: nothing or 0 when all is well, 1 when it found or failed something. */
export type Outcome = Promise<number | void>

/** Makes a command whose code is loaded when it is run. */
export type MakeCommand = <Options>(
  parent: Command,
  usage: string,
  summary: string,
  more: string,
  act: (options: Options, args: string[]) => Outcome,
  json?: [flags: string, about: string],
) => Command
