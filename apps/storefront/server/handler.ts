// What the server half of the build exports: everything below has to share one React and one router.
import { createRequestHandler, RouterContextProvider, type ServerBuild } from 'react-router'
// @ts-expect-error made by the build
import * as build from 'virtual:react-router/server-build'
import { createRuntime, type RuntimeConfig, runtimeContext } from '../app/runtime.server.ts'
import { createVisit, visitContext } from '../app/visit.server.ts'

export type HandlerConfig = RuntimeConfig
export type StorefrontHandler = (request: Request, address: string) => Promise<Response>

export function createHandler(config: HandlerConfig): StorefrontHandler {
  const runtime = createRuntime(config)
  const handle = createRequestHandler(build as ServerBuild, 'production')
  return async (request, address) => {
    const context = new RouterContextProvider()
    const visit = createVisit(runtime, request, address)
    context.set(runtimeContext, runtime)
    context.set(visitContext, visit)
    const response = await handle(request, context)
    visit.commit(response.headers)
    return response
  }
}
