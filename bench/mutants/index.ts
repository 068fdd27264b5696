export { mutantsPage } from './format.ts'
export { type Mutant, mutants } from './list.ts'
export { type MutantOutcome, type MutantsResult, runMutants } from './run.ts'
