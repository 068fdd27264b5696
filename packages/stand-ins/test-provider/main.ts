import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { testProviderSecrets } from './secrets.ts'
import { startTestProvider } from './server.ts'

// A process of its own, as a provider is. Arguments are seen by everybody on the machine, so the secret comes in a file or,
// from the process that started this one, as its first message.
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    host: { type: 'string', default: '127.0.0.1' },
    folder: { type: 'string', default: '.souk/test-provider' },
    'public-url': { type: 'string' },
    'webhook-url': { type: 'string' },
    'secret-file': { type: 'string' },
  },
})

async function secretGiven(): Promise<string> {
  if (values['secret-file'] !== undefined) return readFileSync(values['secret-file'], 'utf8').trim()
  if (!process.connected) return ''
  const [message] = (await once(process, 'message')) as [{ secret?: string }]
  return message.secret ?? ''
}

const secret = await secretGiven()
if (secret.length < 32) {
  console.error('--secret-file must name a file with the marketplace’s secret in it, 32 characters or more.')
  process.exit(2)
}
const { 'webhook-url': webhookUrl, 'public-url': publicUrl } = values
const provider = await startTestProvider({
  folder: values.folder,
  host: values.host,
  port: Number(values.port),
  secrets: testProviderSecrets(secret),
  ...(webhookUrl !== undefined && { webhookUrl }),
  ...(publicUrl !== undefined && { publicUrl }),
})
console.log(`Test provider ready at ${provider.url}`)
process.send?.({ ready: provider.url })

const end = () => void provider.stop().then(() => process.exit(0))
// Ends with whoever started it, however that one ended.
process.once('disconnect', end)
process.once('SIGTERM', end)
process.once('SIGINT', end)
