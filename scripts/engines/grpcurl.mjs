import { fileURLToPath } from 'node:url'
import { goProgram } from './go-program.mjs'

/** curl for gRPC. */
export const grpcurl = goProgram({
  name: 'grpcurl',
  module: 'github.com/fullstorydev/grpcurl/cmd/grpcurl',
  version: 'v1.9.4',
})

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { path } = await grpcurl.obtain({ onProgress: (message) => process.stderr.write(`${message}\n`) })
  process.stdout.write(`${path}\n`)
}
