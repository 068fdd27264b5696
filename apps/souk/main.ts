import { createConsole } from './console.ts'
import { createProgram, run } from './program.ts'

// A reader that has seen enough (`souk … | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1)
})

const io = createConsole(process.env)
process.exitCode = await run(createProgram(io), process.argv.slice(2), io)
