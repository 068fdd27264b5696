import type { SearchEngine } from '../engine.ts'
export const opensearchEngine = (_: { url: string; alias: string; timeoutMs: number }): SearchEngine => {
  throw new Error('not yet')
}
