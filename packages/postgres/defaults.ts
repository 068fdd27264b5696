/** Of every session that does not say otherwise: said by each connection, and by the roles for those behind a pooler. */
export const sessionDefaults = {
  statementTimeoutMs: 30_000,
  lockTimeoutMs: 5_000,
  idleInTransactionMs: 60_000,
}
