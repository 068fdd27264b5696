import { expect, test } from 'vitest'
import { catalogue } from '../../services/settings/catalogue.ts'
import { declaredFlags } from '../../services/settings/declared.ts'
import { paths, read } from './source.ts'

/** Told of beforehand, as their descriptions say: they come with orders read from messages. */
const toCome = new Set(['ai-order-parsing', 'risk-assessment'])

test('every setting and every flag that can be changed is asked for somewhere', () => {
  const sources = paths
    .filter((path) => /^(apps|services|packages)\/.*(?<!\.test)\.tsx?$/.test(path))
    .filter((path) => !/services\/settings\/(catalogue|declared)\.ts/.test(path))
    .map(read)
  const keys = [...catalogue, ...declaredFlags].map(({ key }) => key).filter((key) => !toCome.has(key))
  const unused = keys.filter((key) => !sources.some((text) => text.includes(`'${key}'`) || text.includes(`"${key}"`)))
  expect(unused, 'Whoever changes these would see nothing change: ask for them, or take them out.').toEqual([])
})
