export { type Cost, type Costed, costOf } from './division.ts'
export { divisionText } from './division-text.ts'
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
export { type ClusterStage, sendTo, setClusterStage } from './stage.ts'
export { type Neighbour, measureNeighbours, neighboursText } from './neighbours.ts'
export { drainCluster } from './verify.ts'
