import { testDatabase } from '@souk/testing'
import { describe } from 'vitest'
import { searchEngineConformance } from '../engine.conformance.ts'
import { search } from '../index.ts'
import { postgresEngine } from './engine.ts'

describe('PostgreSQL', () =>
  searchEngineConformance(async () => {
    const database = await testDatabase([search])
    return { engine: postgresEngine(database.open('search')), close: () => database.close() }
  }))
