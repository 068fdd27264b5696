import { dirname, posix } from 'node:path'
import { expect, test } from 'vitest'
import { fileOf, type Import, packageName, partOf, paths, read, sources } from './source.ts'

const imports = sources.flatMap((source) => source.imports)
const shown = ({ from, specifier }: Import) => `${from} imports ${specifier}`
const isTest = (path: string) => /\.(test|conformance)\.ts$/.test(path) || path.startsWith('tests/')
/** Tests, and what they stand on. */
const isForTests = (path: string) =>
  isTest(path) || /(^|\/)(test-[\w-]+|fixtures|[\w-]*under-test|[\w-]+\.fixture)\.ts$/.test(path)

/** Imports that leave their part of the house: what they may reach is what the design is. */
const crossing = imports.flatMap((each) => {
  const to = fileOf(each)
  return to === undefined || partOf(each.from) === partOf(to) ? [] : [{ ...each, to }]
})

test('services meet only through contracts: they import packages, contracts and themselves', () => {
  const strangers = crossing.filter(
    ({ from, to }) => from.startsWith('services/') && !isTest(from) && !/^(packages|contracts)(\/|$)/.test(partOf(to)),
  )
  expect(
    strangers.map(shown),
    'A service may not know another one, or an app. Ask it through its contract (context.directory.client) or keep your own copy of what its events say.',
  ).toEqual([])
})

test('packages know no service and no app', () => {
  const upwards = crossing.filter(
    ({ from, to }) => /^(packages|contracts)\//.test(from) && /^(services|apps|bench)\b/.test(partOf(to)),
  )
  expect(upwards.map(shown), 'Pass what is needed in as an argument, or move the code up.').toEqual([])
})

test('parts of the house are entered by their front door: @souk/name, never a path into another folder', () => {
  const burglars = crossing.filter(
    ({ from, specifier }) => specifier.startsWith('.') && !isTest(from) && !/^(packages\/engines|scripts)\//.test(from),
  )
  expect(burglars.map(shown), 'Import @souk/<name>; if it lacks something, export that from its index.ts.').toEqual([])
  const missing = crossing.filter(({ to }) => to.includes('(not exported'))
  expect(missing.map(shown), 'Only what "exports" of its package.json names can be imported.').toEqual([])
})

test('what runs in production needs nothing that is there for tests', () => {
  const strays = imports.filter(
    ({ from, specifier }) =>
      !isForTests(from) &&
      !/^(packages\/testing|bench)\/|^vitest\.config\.ts$/.test(from) &&
      /^@souk\/(testing|engines\/for-tests)\b/.test(specifier),
  )
  expect(strays.map(shown), 'What both need belongs in a package that is not about tests.').toEqual([])
})

test('no file needs itself, by whatever detour', () => {
  const edges = new Map<string, string[]>()
  for (const each of imports) {
    const to = fileOf(each)
    if (to !== undefined && !each.typeOnly) edges.set(each.from, [...(edges.get(each.from) ?? []), to])
  }
  expect(cyclesIn(edges), 'Move what both need into a third file.').toEqual([])
})

test('whatever comes from outside a part of the house is declared where it is used', () => {
  const manifests = new Map(
    paths
      .filter((path) => posix.basename(path) === 'package.json')
      .map((path) => {
        const json = JSON.parse(read(path)) as Record<string, Record<string, string> | undefined>
        const names = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies']
        return [dirname(path), new Set(names.flatMap((name) => Object.keys(json[name] ?? {})))]
      }),
  )
  // Tools for tests are declared once, at the root; only tests and what they stand on may use those.
  const mayUseTools = (path: string) =>
    isTest(path) ||
    /^(packages\/testing|bench|scripts)\//.test(path) ||
    !path.includes('/') ||
    /test-\w+\.ts$/.test(path)
  const isDeclared = (each: Import) => {
    const name = packageName(each.specifier)
    for (let folder = dirname(each.from); ; folder = dirname(folder)) {
      if (folder === '.') return mayUseTools(each.from) && (manifests.get('.')?.has(name) ?? false)
      const manifest = manifests.get(folder)
      if (manifest?.has(name)) return true
      if (manifest && !mayUseTools(each.from)) return false
    }
  }
  // Parts of the house that only tests need are there with the house.
  const outside = imports.filter(
    ({ from, specifier }) =>
      !/^(\.|node:|virtual:)/.test(specifier) &&
      (!specifier.startsWith('@souk/') || (!isForTests(from) && /^(services|packages|apps|bench)\//.test(from))),
  )
  expect(
    outside.filter((each) => !isDeclared(each)).map(shown),
    'Add it, with its exact version ("*" for @souk/…), to "dependencies" of the nearest package.json. Otherwise it works only as long as somebody else needs it.',
  ).toEqual([])
})

function cyclesIn(edges: ReadonlyMap<string, readonly string[]>): string[] {
  const state = new Map<string, 'open' | 'done'>()
  const found: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === 'done') return
    if (state.get(path) === 'open') {
      found.push([...trail.slice(trail.indexOf(path)), path].join(' → '))
      return
    }
    state.set(path, 'open')
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path])
    state.set(path, 'done')
  }
  for (const path of edges.keys()) visit(path, [])
  return found
}
