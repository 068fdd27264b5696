/** Asked for in a way that cannot be: told with the usage, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Could not be done, for a reason a person can act on. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}

type Coded = Error & { code?: string; address?: string; port?: number; errors?: unknown[]; why?: string }

/** What went wrong in plain sentences. The stack is for whoever mends the program: with SOUK_DEBUG. */
export function explain(error: unknown, debug: boolean): string {
  if (debug) return error instanceof Error ? withCauses(error) : String(error)
  if (!(error instanceof Error)) return String(error)
  return sentenceOf(error) ?? `${sentence(error.message || error.name)}\nSet SOUK_DEBUG=1 to see where this happened.`
}

const plain = new Set(['UsageError', 'Refusal', 'ConfigurationError', 'EmbeddedPostgresError', 'RoutesRefused'])

function sentenceOf(error: Coded): string | undefined {
  if (plain.has(error.name)) return error.message
  if (error.name === 'DatabaseUnavailable') {
    const told = error.cause instanceof Error ? (sentenceOf(error.cause) ?? error.cause.message) : undefined
    const why = error.why ?? told
    return why?.startsWith('The database')
      ? why
      : `The database cannot be reached${why === undefined ? '.' : `: ${sentence(why)}`}`
  }
  if (error.name === 'AggregateError' && Array.isArray(error.errors)) {
    const first = error.errors.find((each) => each instanceof Error)
    return first === undefined ? undefined : sentenceOf(first as Coded)
  }
  const where = error.address === undefined ? '' : ` at ${error.address}:${error.port}`
  switch (error.code) {
    case 'ECONNREFUSED':
      return `Nothing answers${where}. Is the server running, and is the address right?`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${sentence(error.message)} The name of the server is not known; is it spelt right?`
    case 'ETIMEDOUT':
      return `No answer in time${where}.`
    case 'EADDRINUSE':
      return `Port ${error.port} is taken by another program; choose another with SOUK_PORT.`
    case 'EACCES':
    case 'EPERM':
    case 'ENOSPC':
    case 'EROFS':
      return sentence(error.message)
    case '28P01':
    case '28000':
      return `The database refuses this user: ${sentence(error.message)}`
    case '3D000':
      return `${sentence(error.message)} Create it first, or name another in DATABASE_URL.`
    default:
      return undefined
  }
}

const sentence = (text: string): string => {
  const capital = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?:]$/.test(capital) ? capital : `${capital}.`
}

function withCauses(error: Error): string {
  const cause = error.cause instanceof Error ? `\nbecause: ${withCauses(error.cause)}` : ''
  return `${error.stack ?? error.message}${cause}`
}
