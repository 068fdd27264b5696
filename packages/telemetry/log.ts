import pino from 'pino'
import { formatForPeople } from './pretty.ts'
import { redact } from './redact.ts'

/** Structured log. Fields first, then a constant message: `log.warn({ shopId }, 'sale could not be ended')`. */
export type Logger = {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  child(fields: object): Logger
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export type LoggerOptions = {
  level: LogLevel
  /** On every line, so that the lines of several processes can be told apart. */
  service: string
  /** Where lines go; default: standard output. */
  destination?: { write(line: string): void }
  /** Lines for people instead of JSON; default: when standard output is a terminal. */
  pretty?: boolean
}

/**
 * A logger whose fields may be anything: secrets and personal data in them are masked (see redact.ts), but only there.
 * Messages are constants, so never build one from data.
 */
export function createLogger(options: LoggerOptions): Logger {
  const { level, service } = options
  const pretty = options.pretty ?? (options.destination === undefined && process.stdout.isTTY === true)
  const out = options.destination ?? pino.destination({ fd: 1, sync: true })
  const root = pino(
    {
      level,
      base: { service },
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pretty ? { write: (line: string) => out.write(formatForPeople(line)) } : out,
  )
  return wrap(root)
}

function wrap(logger: pino.Logger): Logger {
  const at = (level: LogLevel) => (fields: object, message: string) => {
    // Asked first: masking copies the fields, and debug lines are written on every request.
    if (logger.isLevelEnabled(level)) logger[level](redact(fields), message)
  }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => wrap(logger.child(redact(fields))),
  }
}
