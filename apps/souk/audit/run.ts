import { auditService, type CheckOutcome, keepMark } from '@souk/service'
import type { House } from '../house.ts'
import { crossChecks } from './cross-checks.ts'

export type AuditReport = {
  startedAt: string
  tookMs: number
  /** Since when changes were looked at; null when everything was. */
  since: string | null
  /** Checks that found something or could not be carried out. */
  broken: number
  checks: Told[]
}

type Told = Omit<CheckOutcome, 'keep'>
/** What was to be kept is kept or not by then, and holds on to what was read. */
function told(outcome: CheckOutcome): Told {
  const { keep: _, ...rest } = outcome
  return rest
}

/** Every check of every service in this process, then those across services. Writes nothing but its mark. */
export async function runAudit(
  house: House,
  options: { full: boolean; maxFindings?: number; onCheck?: (what: string) => void },
): Promise<AuditReport> {
  const startedAt = new Date()
  const maxFindings = options.maxFindings ?? 20
  const checks: CheckOutcome[] = []
  let oldest: Date | undefined | null
  const everywhere = house.running.services.flatMap((service) =>
    service.databases.map(({ name }) => ({ ...service, shard: name })),
  )
  for (const { definition, parts, shard } of everywhere) {
    // A pool of its own for the time: a long check must not take a connection from those who sell.
    const db = house.open(
      definition.name,
      { maxConnections: 1, applicationName: `souk audit ${definition.name}` },
      shard,
    )
    try {
      const { outcomes, seen, since } = await auditService(definition.name, db, parts.audits ?? [], {
        full: options.full,
        maxFindings,
        onCheck: (service, { title }) => options.onCheck?.(`${service}: ${title}`),
      })
      checks.push(...outcomes)
      oldest =
        since === undefined ? null : oldest === undefined || (oldest && since.madeAt < oldest) ? since.madeAt : oldest
      if (outcomes.every(isSound)) await keepMark(db, { seen, outcomes })
    } finally {
      await db.close()
    }
  }
  checks.push(...(await crossChecks(house, maxFindings, (title) => options.onCheck?.(title), options.full)))
  return {
    startedAt: startedAt.toISOString(),
    tookMs: Date.now() - startedAt.getTime(),
    since: oldest?.toISOString() ?? null,
    broken: checks.filter((check) => !isSound(check)).length,
    checks: checks.map(told),
  }
}

export const isSound = ({ findings, failure }: Pick<CheckOutcome, 'findings' | 'failure'>): boolean =>
  findings.length === 0 && failure === undefined
