export { formatFaults, loadLine, strikeLine } from './format.ts'
export { commandOf, type FaultsOptions, type Limits, runFaults } from './run.ts'
export {
  type Api as FaultsApi,
  type FaultKind,
  faultKinds,
  type FaultsResult,
  type SoukProcess,
  type StartSouk,
  type Strike,
  type TrialKind,
  trialKinds,
} from './types.ts'
