import { afterAll, test } from 'vitest'
import { openStage } from './stage.ts'
import { buildWorld } from './world.ts'
const t0 = performance.now()
const stage = await openStage()
console.log('stage', performance.now() - t0)
afterAll(() => stage.close())
test('probe', async () => {
  const world = await buildWorld(stage)
  console.log('world', performance.now() - t0)
  for (const o of stage.document.values())
    console.log(
      o.operationId,
      o.method,
      o.path,
      o.permission,
      o.parameters.map((p) => p.in[0] + ':' + p.name).join(','),
    )
  console.log(JSON.stringify(world.a, null, 1).slice(0, 600))
})
