import type { AuditCheck, Finding } from '@souk/service'
import { chosenSettings, flagDefinitions, offTheirHistory } from './audits.sql.ts'
import { faultOfValue, settingIn } from './catalogue.ts'
import { faultsOf } from './flag.ts'

export const settingAudits: readonly AuditCheck[] = [
  {
    invariant: 'settings',
    title: 'every flag and setting is what its history ends with',
    async run(tx, { maxFindings }) {
      const found = await offTheirHistory(tx, maxFindings)
      const checked = (await flagDefinitions(tx)).length + (await chosenSettings(tx)).length
      return { checked, findings: found.map(({ subject }) => ({ subject, message: 'its history ends otherwise' })) }
    },
  },
  {
    invariant: 'settings',
    title: 'every flag adds up, and every setting is within its bounds',
    async run(tx, { maxFindings }) {
      const flags = await flagDefinitions(tx)
      const chosen = await chosenSettings(tx)
      const findings: Finding[] = [
        ...flags.flatMap(({ definition }) =>
          faultsOf(definition).map((message) => ({ subject: `flag ${definition.key}`, message })),
        ),
        ...chosen.flatMap(({ scope, ownerId, key, value }) => {
          const setting = settingIn(scope, key)
          // A key of another release: nobody asks for it any more, or not yet.
          const fault = setting && faultOfValue(setting, value)
          return fault === undefined ? [] : [{ subject: `${scope} ${ownerId} ${key}`, message: fault }]
        }),
      ]
      return { checked: flags.length + chosen.length, findings: findings.slice(0, maxFindings) }
    },
  },
]
