export { type ClusterFaultsOptions, runClusterFaults } from './faults.ts'
export { clusterFaultsText, strikeText } from './format.ts'
export {
  type ClusterFaultKind,
  clusterFaultKinds,
  type ClusterFaultsResult,
  type ClusterPart,
  type ClusterStrike,
  type ClusterUnderTest,
} from './types.ts'
