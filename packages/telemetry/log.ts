/** Structured log. Fields first, then a constant message: `log.warn({ shopId }, 'sale could not be ended')`. */
export type Logger = {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  child(fields: object): Logger
}
