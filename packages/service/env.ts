/** How one setting is read from its text. Throws a plain sentence when the text will not do. */
export type EnvField<Value> = { parse(text: string): Value; default?: Value; secret?: boolean; help: string }
export type EnvSpec = Readonly<Record<string, EnvField<unknown>>>
export type ParsedEnv<Spec extends EnvSpec> = {
  readonly [Name in keyof Spec]: Spec[Name] extends EnvField<infer Value> ? Value : never
}

/** Every fault of the configuration at once, so that nobody mends them one start at a time. */
export class ConfigurationError extends Error {
  readonly faults: readonly string[]
  constructor(faults: readonly string[]) {
    super(
      `The configuration has ${faults.length} fault${faults.length === 1 ? '' : 's'}:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    )
    this.name = 'ConfigurationError'
    this.faults = faults
  }
}

type Given<Value> = { default?: Value; help: string }

export const integer = (given: Given<number> & { min: number; max: number }): EnvField<number> => ({
  ...given,
  parse(text) {
    const value = Number(text)
    if (!/^-?\d+$/.test(text) || value < given.min || value > given.max)
      throw new Error(`must be a whole number from ${given.min} to ${given.max}`)
    return value
  },
})

export const text = (given: Given<string> & { minLength?: number; secret?: boolean }): EnvField<string> => ({
  ...given,
  parse(value) {
    if (value.length < (given.minLength ?? 1)) throw new Error(`must have ${given.minLength ?? 1} characters or more`)
    return value
  },
})

export const url = (given: Given<string> & { protocols: readonly string[]; secret?: boolean }): EnvField<string> => ({
  ...given,
  parse(value) {
    if (!URL.canParse(value) || !given.protocols.includes(new URL(value).protocol.slice(0, -1)))
      throw new Error(`must be an address beginning with ${given.protocols.map((name) => `${name}://`).join(' or ')}`)
    return value
  },
})

export const flag = (given: Given<boolean>): EnvField<boolean> => ({
  ...given,
  parse(value) {
    if (['1', 'true', 'on', 'yes'].includes(value)) return true
    if (['0', 'false', 'off', 'no'].includes(value)) return false
    throw new Error('must be on or off')
  },
})

export const oneOf = <Value extends string>(values: readonly Value[], given: Given<Value>): EnvField<Value> => ({
  ...given,
  parse(value) {
    const found = values.find((candidate) => candidate === value)
    if (found === undefined) throw new Error(`must be one of ${values.join(', ')}`)
    return found
  },
})

/** A setting that may be left out altogether. */
export const optional = <Value>(field: EnvField<Value>): EnvField<Value | undefined> => ({
  ...field,
  default: undefined,
  parse: field.parse,
})

/** @throws ConfigurationError naming every setting that is missing or will not do. Secrets are never repeated. */
export function parseEnv<Spec extends EnvSpec>(
  env: Readonly<Record<string, string | undefined>>,
  spec: Spec,
): ParsedEnv<Spec> {
  const faults: string[] = []
  const parsed: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(spec)) {
    const given = env[name]
    if (given === undefined || given === '') {
      if (!('default' in field)) faults.push(`${name} is missing. ${field.help}`)
      parsed[name] = field.default
      continue
    }
    try {
      parsed[name] = field.parse(given)
    } catch (error) {
      faults.push(`${name}${field.secret ? '' : `=${given}`} ${(error as Error).message}. ${field.help}`)
    }
  }
  if (faults.length > 0) throw new ConfigurationError(faults)
  return parsed as ParsedEnv<Spec>
}
