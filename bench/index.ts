export {
  benchFloor,
  type CompareOptions,
  type CompareProgress,
  type CompareResult,
  type SoukUnderTest,
} from './compare.ts'
export {
  type CheckResult,
  type Facts,
  type Judgement,
  judgeRun,
  type ServerAllotment,
  type ServerOrder,
} from './checks.ts'
export * from './cluster/index.ts'
export * from './faults/index.ts'
export * from './load/index.ts'
export * from './mutants/index.ts'
export * from './pages/index.ts'
export * from './report/index.ts'
export { createLivePanel, type LivePanel, type Screen, sparkline, verdictTable } from './terminal.ts'
export { type Proxy, startProxy } from './faults/proxy.ts'
