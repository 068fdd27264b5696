import type { ErrorRow } from '@souk/errors'
import { httpErrors } from '@souk/http'
import { type ServiceDefinition, shardErrors } from '@souk/service'
import { expect, test } from 'vitest'
import { operations } from '../../apps/souk/operations.ts'
import { paths, read, root, sources } from './source.ts'

type Catalogue = { chapter: string; about: string; rows: Readonly<Record<string, ErrorRow>> }

const services = [...new Set(paths.flatMap((path) => /^services\/([^/]+)\/index\.ts$/.exec(path)?.[1] ?? []))]

const catalogues: Catalogue[] = [
  { chapter: 'every route', about: 'What any request may be answered with.', rows: httpErrors.rows },
  { chapter: 'operations', about: 'What operators ask of the marketplace.', rows: operations({} as never).errors.rows },
  {
    chapter: 'several databases',
    about: 'Where shops lie on several databases, while one of them is being moved.',
    rows: shardErrors.rows,
  },
  ...(await Promise.all(
    services.map(async (name) => {
      const index = (await import(`${root}services/${name}/index.ts`)) as Record<string, ServiceDefinition>
      return {
        chapter: name,
        about: `See [services/${name}](../services/${name}/README.md).`,
        rows: index[name]?.errors.rows ?? {},
      }
    }),
  )),
]

test('an error code means one thing in the whole program', () => {
  const owners = new Map<string, string[]>()
  for (const { chapter, rows } of catalogues)
    for (const code of Object.keys(rows)) owners.set(code, [...(owners.get(code) ?? []), chapter])
  const shared = [...owners].filter(([, chapters]) => chapters.length > 1)
  expect(shared, 'Whoever handles the code must know what it means. Name it after the thing: shop-not-found.').toEqual(
    [],
  )
})

test('every code says when it happens and what to do', () => {
  const faults = catalogues.flatMap(({ chapter, rows }) =>
    Object.entries(rows)
      .filter(([code, row]) => !/^[a-z]+(-[a-z0-9]+)*$/.test(code) || row.title.length < 5 || row.help.length < 20)
      .map(([code]) => `${chapter}: ${code}`),
  )
  expect(faults, 'Codes are words-with-hyphens; `title` is short; `help` is a sentence a stranger can act on.').toEqual(
    [],
  )
})

test('no catalogue is forgotten here', () => {
  const makers = sources.filter(
    ({ path }) => !/\.test\.ts$|^packages\/errors\/|^tests\//.test(path) && /\bdefineErrors\(/.test(read(path)),
  )
  expect(makers.length, 'A catalogue beside those of the services is to be added above.').toBe(catalogues.length)
})

test('docs/errors.md lists them all (refresh it: npm test -- tests/tidy/errors.test.ts -u)', async () => {
  await expect(errorPage(catalogues)).toMatchFileSnapshot(`${root}docs/errors.md`)
})

function errorPage(catalogues: readonly Catalogue[]): string {
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
  const table = ({ chapter, about, rows }: Catalogue) =>
    [
      `## ${chapter.charAt(0).toUpperCase()}${chapter.slice(1)}`,
      '',
      about,
      '',
      '| code | status | title | when it happens, what to do |',
      '|---|---|---|---|',
      ...Object.entries(rows)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([code, { status, title, help }]) => `| \`${code}\` | ${status} | ${cell(title)} | ${cell(help)} |`),
    ].join('\n')
  return `# Errors

Errors are answered as [problem documents](https://www.rfc-editor.org/rfc/rfc9457) (\`application/problem+json\`) with
\`type\`, \`title\`, \`status\`, \`detail\` and \`code\`. Rely on \`code\`: it is never reused for another meaning. \`detail\` is for
people and may change. A running marketplace shows each at \`/problems/<code>\`.

Written from the catalogues in the code; do not edit.

${catalogues.map(table).join('\n\n')}
`
}
