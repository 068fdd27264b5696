import type { AuditCheck } from '@souk/service'
import { countSessions, familiesWithoutOneToken, keysByState, sessionsWithoutAccount } from './audits.sql.ts'
import type { Secrets } from './secrets.ts'
import { verifyTrail } from './seal-trail.ts'

/** I21 is the chain of the trail; S1 to S3 are sign-in's own. */
export const audits = (secrets: Secrets): AuditCheck[] => [
  {
    invariant: 'I21',
    title: 'the trail of sign-ins is what it was when it was sealed',
    run: (tx, scope) => verifyTrail(tx, secrets, scope),
  },
  {
    invariant: 'S1',
    title: 'every live session belongs to an account that is not disabled',
    async run(tx, { maxFindings }) {
      const suspects = await sessionsWithoutAccount(tx, maxFindings)
      const { count } = await countSessions(tx)
      return {
        checked: count,
        findings: suspects.map(({ subject, found }) => ({
          subject: `session ${subject}`,
          message: `its account: ${found}`,
        })),
      }
    },
  },
  {
    invariant: 'S2',
    title: 'every live family of refresh tokens has exactly one that is good',
    async run(tx, { maxFindings }) {
      const suspects = await familiesWithoutOneToken(tx, maxFindings)
      const { count } = await countSessions(tx)
      return {
        checked: count,
        findings: suspects.map(({ subject, found }) => ({ subject: `session ${subject}`, message: `${found}, not 1` })),
      }
    },
  },
  {
    invariant: 'S3',
    title: 'exactly one signing key is current and one is next',
    async run(tx) {
      const counts = new Map((await keysByState(tx)).map(({ state, count }) => [state, count]))
      const wrong = ['current', 'next'].filter((state) => counts.get(state) !== 1)
      return {
        checked: 2,
        findings: wrong.map((state) => ({
          subject: `signing key ${state}`,
          message: `there are ${counts.get(state) ?? 0}, not 1`,
        })),
      }
    },
  },
]
