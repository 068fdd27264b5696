import { goProgram } from './go-program.mjs'

/** What deploy/k6 is written for. */
export const k6 = goProgram({ name: 'k6', module: 'go.k6.io/k6', version: 'v1.8.1' })
