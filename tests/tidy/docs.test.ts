import { existsSync } from 'node:fs'
import { posix } from 'node:path'
import { expect, test } from 'vitest'
import { paths, read, root } from './source.ts'

const documents = paths.filter((path) => path.endsWith('.md'))

test('every link inside the documents leads somewhere', () => {
  const dead = documents.flatMap((path) =>
    [...read(path).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => !existsSync(posix.join(root, posix.dirname(path), target)))
      .map((target) => `${path} → ${target}`),
  )
  expect(dead, 'The file has moved, or was never written: mend the link.').toEqual([])
})

test('every decision says what was given up and what would reopen it, on one screen, and is listed', () => {
  const records = paths.filter((path) => /^docs\/decisions\/\d{4}-/.test(path))
  const list = read('docs/decisions/README.md')
  const faulty = records.filter((path) => {
    const text = read(path)
    const parts = ['**Context.**', '**Decision.**', '**Given up.**', '**Reopen when**']
    return (
      parts.some((part) => !text.includes(part)) || text.split('\n').length > 45 || !list.includes(posix.basename(path))
    )
  })
  expect(faulty, 'See docs/decisions/README.md.').toEqual([])
})

test('every command a document names exists', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const unknown = documents.flatMap((path) =>
    [...read(path).matchAll(/npm run ([a-z:-]+)/g)]
      .filter(([, name = '']) => !(name in scripts))
      .map(([command]) => `${path}: ${command}`),
  )
  expect(unknown).toEqual([])
})
