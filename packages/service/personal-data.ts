import { isUuid, type Sql, type Tx } from '@souk/postgres'
import { personalRows } from './personal-data.sql.ts'

/**
 * What a service keeps about a person: by the name of a section, a statement that selects `key` (text, unique among the
 * person's) and `record` (jsonb, without secrets and digests of secrets). Rows are told as they lie.
 */
export type PersonalSections = Readonly<Record<string, (personId: string, orderIds: readonly string[]) => Sql>>

const pageSize = 500

/**
 * The only method of a service's `PersonalDataService`: page by page, section after section, database after database. The
 * cursor says where: "0 orders 0197…".
 */
export const recordsOf =
  (databases: () => readonly Tx[], sections: PersonalSections) =>
  async ({ personId, cursor, orderIds }: { personId: string; cursor: string; orderIds: readonly string[] }) => {
    const places = databases().flatMap((tx, at) => Object.keys(sections).map((section) => ({ tx, at, section })))
    const [at, section, ...key] = cursor.split(' ')
    const found = places.findIndex((place) => String(place.at) === at && place.section === section)
    const index = Math.max(0, found)
    const place = places[index]
    if (place === undefined || !isUuid(personId)) return { records: [], nextCursor: '' }
    const after = found < 0 ? '' : key.join(' ')
    const statement = (sections[place.section] as PersonalSections[string])(personId, orderIds.filter(isUuid))
    const rows = await personalRows(place.tx, statement, after, pageSize)
    const last = rows.at(-1)
    const following = places[index + 1]
    return {
      records: rows.map(({ record }) => ({ section: place.section, json: JSON.stringify(inCamelCase(record)) })),
      nextCursor:
        rows.length === pageSize && last !== undefined
          ? `${place.at} ${place.section} ${last.key}`
          : following === undefined
            ? ''
            : `${following.at} ${following.section} `,
    }
  }

const inCamelCase = (record: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(
    Object.entries(record).map(([name, value]) => [
      name.replaceAll(/_(\w)/g, (_, c: string) => c.toUpperCase()),
      value,
    ]),
  )
