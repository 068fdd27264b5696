import type { AuditCheck, Finding } from '@souk/service'
import { countShops, knownIds, readyAfter, usageOff } from './media.sql.ts'
import { masterKey, mediaIdOfKey, variantKey } from './picture.ts'
import type { Storage } from './storage.ts'

const dayMs = 86_400_000
const firstId = '00000000-0000-0000-0000-000000000000'

export const mediaAudits = (storage: Storage, clock: () => Date): readonly AuditCheck[] => [
  {
    invariant: 'media',
    title: 'every picture that is ready has all its files',
    async run(tx, { sinceMs, maxFindings }) {
      const findings: Finding[] = []
      let checked = 0
      for (let after = firstId; findings.length < maxFindings; ) {
        const since = sinceMs === undefined ? undefined : new Date(sinceMs)
        const page = await readyAfter(tx, after, since, 200)
        for (const { mediaId, variants } of page) {
          checked += 1
          const expected = new Map([
            ...variants.map((one) => [variantKey(mediaId, one.name, one.format), one.bytes] as const),
            [masterKey(mediaId), undefined],
          ])
          for (const [key, bytes] of expected) {
            const found = await storage.stat(key)
            if (found === undefined) findings.push({ subject: mediaId, message: `${key} is missing` })
            else if (bytes !== undefined && found.bytes !== bytes)
              findings.push({ subject: mediaId, message: `${key} has ${found.bytes} bytes, not ${bytes}` })
          }
        }
        const last = page.at(-1)
        if (page.length < 200 || last === undefined) break
        after = last.mediaId
      }
      return { checked, findings: findings.slice(0, maxFindings) }
    },
  },
  {
    invariant: 'media',
    title: 'every file that is older than two days belongs to a picture',
    async run(tx, { maxFindings }) {
      const before = clock().getTime() - 2 * dayMs
      const findings: Finding[] = []
      let checked = 0
      for (const prefix of ['masters/', 'originals/', 'public/'])
        for (let after = ''; findings.length < maxFindings; ) {
          const files = await storage.list(prefix, after, 1_000)
          const old = files.filter(({ changedAt }) => changedAt.getTime() < before)
          const known = await knownIds(tx, [...new Set(old.flatMap(({ key }) => mediaIdOfKey(key) ?? []))])
          checked += files.length
          for (const { key } of old)
            if (!known.has(mediaIdOfKey(key) ?? '')) findings.push({ subject: key, message: 'belongs to no picture' })
          const last = files.at(-1)
          if (files.length < 1_000 || last === undefined) break
          after = last.key
        }
      return { checked, findings: findings.slice(0, maxFindings) }
    },
  },
  {
    invariant: 'media',
    title: 'what counts in the quota of a shop is what its pictures take',
    run: async (tx, { maxFindings }) => ({ checked: await countShops(tx), findings: await usageOff(tx, maxFindings) }),
  },
]
