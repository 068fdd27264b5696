import { expect, test } from 'vitest'
import { paths, read, sources } from './source.ts'

const isTest = (path: string) => /\.(test|conformance)\.ts$/.test(path) || /(^|\/)test-\w+\.ts$/.test(path)

test('only apps read the environment', () => {
  const readers = sources.filter(
    ({ path }) =>
      !/^(apps|bench|scripts|tests)\/|^vitest\.config\.ts$/.test(path) &&
      !isTest(path) &&
      /process\.env\b/.test(read(path)),
  )
  expect(
    readers.map(({ path }) => path),
    'Declare a setting in the config.ts of the service, or take the value as an argument.',
  ).toEqual([])
})

test('SQL stands in *.sql.ts and migrations, where it can be found', () => {
  // The start of a statement; prose rarely looks like it, and a false alarm is cheaper than a hidden query.
  const statement =
    /^\s*(select\b[\s\S]*\bfrom\s+\w|insert\s+into\s+\w|update\s+[\w.]+(\s+\w+)?\s+set\s|delete\s+from\s+\w|with\s+\w+\s+as\s|(create|drop)\s+(table|index|schema|role|database|function|type)\s|alter\s+(table|role)\s|truncate\s+\w|(begin|commit|rollback)\s*;?$)/i
  const homes = /\.sql\.ts$|^packages\/(postgres|testing|embedded-postgres)\/|^bench\/(floor|mutants)\/|^tests\//
  const strays = sources
    .filter(({ path }) => !homes.test(path) && !isTest(path))
    .flatMap(({ path, literals }) =>
      literals
        .filter(({ text, tag }) => tag === 'sql' || statement.test(text))
        .map(({ line, text }) => `${path}:${line} ${text.trim().slice(0, 60)}`),
    )
  expect(strays, 'Give the statement a function with a name in <service>.sql.ts and call that.').toEqual([])
})

test('a file fits in the head: 500 lines at most', () => {
  const long = sources.filter(({ lines }) => lines > 500).map(({ path, lines }) => `${path}: ${lines} lines`)
  expect(long, 'Split it where a reader would look for a part of it by name.').toEqual([])
})

test('no two tests of a file have the same name', () => {
  const twins = sources.flatMap(({ path, tests }) =>
    tests.filter((name, index) => tests.indexOf(name) !== index).map((name) => `${path}: ${name}`),
  )
  expect(twins, 'When one of them fails nobody knows which. Say in the name what is different.').toEqual([])
})

test('nothing is of type any', () => {
  const anys = sources.flatMap(({ path, anys }) => anys.map((line) => `${path}:${line}`))
  expect(anys, 'Take `unknown` and look at what it is, or write the type.').toEqual([])
})

test('no note about work to be done is left in a file', () => {
  const note = new RegExp(`\\b(${['TO', 'DO'].join('')}|${['FIX', 'ME'].join('')})\\b`)
  const notes = paths
    .filter((path) => /\.(ts|mjs|sql|proto|md)$/.test(path))
    .flatMap((path) =>
      read(path)
        .split('\n')
        .flatMap((line, index) => (note.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [])),
    )
  expect(notes, 'Do it, or open an issue: notes in the code are read by nobody who has the time.').toEqual([])
})
