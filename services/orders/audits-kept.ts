import type { Tx } from '@souk/postgres'
import { type AuditResult, findAuditMark, replaceAuditMark, seenNow } from '@souk/service'
import { type Kept, type KeepingCheck, keepUnits } from './audits-kept.sql.ts'
import { type Touched, touchedAfter } from './audits-told.ts'

/**
 * The books of a check that adds up what orders hold. Adding up everything takes time by all orders there ever were; so what
 * was found to be in order is kept, with a mark of what had been seen, and the next audit counts on from there.
 */
export type Books = {
  /** What the mark had not seen; undefined: add up everything. */
  readonly touched: Touched | undefined
  readonly madeAt: Date | undefined
  /** For the result of the check: with all others without findings, its own are what the next one starts from. */
  keeping(kept: readonly Kept[]): AuditResult['keep']
}

/** @param since of the scope: without it everything is added up, and kept for the next audit all the same. */
export async function openBooks(tx: Tx, name: KeepingCheck, since: string | undefined): Promise<Books> {
  const mark = await findAuditMark(tx, name)
  // Of the beginning of time when orders came or went with their bucket: what was kept does not hold any more.
  const holds = mark !== undefined && mark.madeAt.getTime() > 0
  const touched = since !== undefined && holds ? await touchedAfter(tx, mark) : undefined
  const seen = await seenNow(tx)
  return {
    touched,
    madeAt: mark?.madeAt,
    keeping: (kept) => async (writing) => {
      if (await replaceAuditMark(writing, name, mark, seen)) await keepUnits(writing, name, kept)
    },
  }
}
