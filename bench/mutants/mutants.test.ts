import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { mutantsPage } from './format.ts'
import { mutants } from './list.ts'
import { broken } from './run.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (file: string) => readFileSync(`${root}${file}`, 'utf8')

test.for(mutants)('the breakage $name still fits the code and names tests that exist', ({ edits, turnsRed }) => {
  expect(broken(edits, read).misfits, 'Bring bench/mutants/list.ts up to date with the code.').toEqual([])
  for (const { file, test: name } of turnsRed) {
    const alone = name.replace(/^.*\)\s/, '')
    expect(alone.length).toBeGreaterThan(10)
    if (!file.endsWith('postgres-log.test.ts')) expect(read(file)).toContain(alone)
  }
})

test('no two breakages have the same name', () => {
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length)
})

test('docs/mutants.md lists them all (refresh it: npm test -- bench/mutants -u)', async () => {
  await expect(mutantsPage(mutants)).toMatchFileSnapshot(`${root}docs/mutants.md`)
})
