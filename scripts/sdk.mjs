// The typed client of the public API: sdk/gen is generated from the OpenAPI document of the services as they are here.
//   npm run sdk             brings sdk/gen up to date
//   npm run sdk -- --check  changes nothing and fails where it is not (CI)
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { createClient } from '@hey-api/openapi-ts'
import { describeApi } from '../apps/souk/describe-api.ts'

const root = join(import.meta.dirname, '..')
const current = join(root, 'sdk', 'gen')
const check = process.argv.includes('--check')
const scratch = mkdtempSync(join(tmpdir(), 'souk-sdk-'))

const filesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()

const parametersOf = ({ parameters = [] }) =>
  parameters
    .filter(({ name, in: place }) => place !== 'header' || name !== 'Idempotency-Key')
    // What has a default need not be sent.
    .map((parameter) => ({ ...parameter, required: parameter.required && parameter.schema.default === undefined }))

/**
 * Two things every operation has are written once by hand instead of 200 times by the generator: refusals (all of them
 * problem details) and the idempotency key.
 */
function trimmed(document) {
  const codes = new Set()
  const paths = Object.entries(document.paths).map(([path, methods]) => [
    path,
    Object.fromEntries(
      Object.entries(methods).map(([method, operation]) => {
        for (const { content } of Object.values(operation.responses))
          for (const part of content?.['application/problem+json']?.schema?.allOf ?? [])
            for (const code of part.properties?.code?.enum ?? []) codes.add(code)
        const responses = Object.fromEntries(
          Object.entries(operation.responses)
            .filter(([status]) => status < '400')
            .map(([status, answer]) => [status, { ...answer, headers: undefined }]),
        )
        return [method, { ...operation, parameters: parametersOf(operation), responses, security: undefined }]
      }),
    ),
  ])
  return {
    document: JSON.parse(
      JSON.stringify({ ...document, paths: Object.fromEntries(paths), components: { schemas: {} } }),
    ),
    codes: [...codes].sort(),
  }
}

try {
  const { document, codes } = trimmed(await describeApi())
  const fresh = join(scratch, 'gen')
  await createClient({
    input: document,
    output: { path: fresh, module: { extension: '.ts' } },
    logs: { level: 'silent', file: false },
    plugins: [
      '@hey-api/typescript',
      {
        name: '@hey-api/sdk',
        operations: { strategy: 'single', containerName: 'Operations', methods: 'instance' },
        responseStyle: 'data',
      },
      { name: '@hey-api/client-fetch', throwOnError: true },
    ],
  })
  // A name of browsers alone; the type is there under Node, too.
  const client = join(fresh, 'client', 'client.gen.ts')
  writeFileSync(client, readFileSync(client, 'utf8').replaceAll('BodyInit | null | undefined', "RequestInit['body']"))
  const union = codes.map((code) => `  | '${code}'`).join('\n')
  writeFileSync(
    join(fresh, 'codes.gen.ts'),
    `// Made by scripts/sdk.mjs\n\n/** Every code a problem of this API may have. */\nexport type ProblemCode =\n${union}\n`,
  )
  mkdirSync(current, { recursive: true })
  const [wanted, found] = [filesIn(fresh), filesIn(current)]
  const stale = wanted.filter(
    (file) => !found.includes(file) || !readFileSync(join(fresh, file)).equals(readFileSync(join(current, file))),
  )
  const surplus = found.filter((file) => !wanted.includes(file))
  if (check && stale.length + surplus.length > 0) {
    console.error(`sdk/gen is not what the API says: ${[...stale, ...surplus].join(', ')}. Run npm run sdk.`)
    process.exitCode = 1
  } else {
    for (const file of surplus) rmSync(join(current, file))
    if (stale.length > 0) cpSync(fresh, current, { recursive: true })
    console.log(check ? 'sdk: up to date' : `sdk/gen: ${stale.length} files written, ${surplus.length} removed`)
  }
} catch (error) {
  console.error(error)
  process.exitCode = 1
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
