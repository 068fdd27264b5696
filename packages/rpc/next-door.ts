import { create, type DescMethod, type DescService } from '@bufbuild/protobuf'
import { Code, ConnectError, type ConnectRouter, createHandlerContext, type Transport } from '@connectrpc/connect'
import { isForeseen } from './failures.ts'

type Implementation = (request: unknown, context: unknown) => unknown
type NextDoor = { register(handlers: (router: ConnectRouter) => void): void; transport: Transport }

/**
 * Calls to contracts served in this process: the handler is called with a message made of what was sent, and the caller
 * gets one made of what was answered. The border lets through what the contract names and nothing else, as over the
 * network; what is left out is writing both down and reading them again, which took 3 µs for each order of a batch.
 * @param streams for methods that stream: Connect's own way.
 */
export function createNextDoor(streams: () => Transport): NextDoor {
  const implementations = new Map<string, Implementation>()
  const nameOf = (service: DescService, method: DescMethod) => `${service.typeName}/${method.name}`

  const router: ConnectRouter = {
    handlers: [],
    service(service, implementation) {
      for (const method of service.methods) {
        const given = (implementation as Record<string, Implementation | undefined>)[method.localName]
        if (given !== undefined) implementations.set(nameOf(service, method), given.bind(implementation))
      }
      return router
    },
    rpc(method, implementation) {
      implementations.set(nameOf(method.parent, method), implementation as Implementation)
      return router
    },
  }

  const transport: Transport = {
    async unary(method, signal, timeoutMs, header, input) {
      const implementation = implementations.get(nameOf(method.parent, method))
      if (implementation === undefined) throw new ConnectError(`${method.name} is not implemented`, Code.Unimplemented)
      const context = createHandlerContext({
        service: method.parent,
        method,
        protocolName: 'in-memory',
        requestMethod: 'POST',
        url: `in-memory:///${nameOf(method.parent, method)}`,
        ...(timeoutMs !== undefined && { timeoutMs }),
        ...(signal !== undefined && { requestSignal: signal }),
        ...(header !== undefined && { requestHeader: header }),
      })
      try {
        const answer = await untilOver(
          (async () => implementation(create(method.input, input), context))(),
          context.signal,
        )
        return {
          stream: false,
          service: method.parent,
          method,
          header: context.responseHeader,
          trailer: context.responseTrailer,
          message: create(method.output, answer as never),
        }
      } catch (error) {
        throw asSeenFromOutside(error)
      } finally {
        context.abort()
      }
    },
    stream: (...call) => streams().stream(...call),
  }
  return { register: (handlers) => handlers(router), transport }
}

/** The answer, or the end of the caller's patience; the handler may then still be at work, as anywhere. */
function untilOver<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const over = () => reject(ConnectError.from(signal.reason, Code.Canceled))
    if (signal.aborted) over()
    else signal.addEventListener('abort', over, { once: true })
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', over))
  })
}

/** Refusals stay what they are; of what nobody foresaw, a caller learns no more than over the network. */
function asSeenFromOutside(error: unknown): Error {
  if (isForeseen(error) || error instanceof ConnectError) return error
  return new ConnectError('internal error', Code.Internal, undefined, undefined, error)
}
