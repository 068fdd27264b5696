import { type DescFile, type DescService, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { Code, type ConnectRouter } from '@connectrpc/connect'
import { Health } from './gen/grpc/health/v1/health_pb.js'
import {
  ServerReflection,
  type ServerReflectionRequest,
  type ServerReflectionResponseSchema,
} from './gen/grpc/reflection/v1/reflection_pb.js'
import { ServerReflection as ServerReflectionAlpha } from './gen/grpc/reflection/v1alpha/reflection_pb.js'

type Answer = MessageInitShape<typeof ServerReflectionResponseSchema>['messageResponse']

/** Tells any gRPC client, such as grpcurl, what is served here and how it is written. In both versions clients ask in. */
export function serveReflection(router: ConnectRouter, services: readonly DescService[]): void {
  const own = [...services, Health, ServerReflection, ServerReflectionAlpha]
  const files = new Map<string, DescFile>()
  const add = (file: DescFile): void => {
    if (files.has(file.name)) return
    files.set(file.name, file)
    for (const dependency of file.dependencies) add(dependency)
  }
  for (const service of own) add(service.file)

  const homes = new Map<string, DescFile>()
  for (const file of files.values()) {
    const types = [...file.messages]
    for (const message of types) {
      homes.set(message.typeName, file)
      types.push(...message.nestedMessages)
      for (const inner of message.nestedEnums) homes.set(inner.typeName, file)
    }
    for (const each of file.enums) homes.set(each.typeName, file)
    for (const service of file.services) {
      homes.set(service.typeName, file)
      for (const method of service.methods) homes.set(`${service.typeName}.${method.name}`, file)
    }
  }

  /** The file and all it needs, unless this stream has been sent them before. */
  function described(file: DescFile | undefined, sent: Set<string>): Answer {
    if (file === undefined) return missing
    const wanted: Uint8Array[] = []
    const collect = (one: DescFile, always: boolean): void => {
      if (sent.has(one.name) && !always) return
      sent.add(one.name)
      wanted.push(toBinary(FileDescriptorProtoSchema, one.proto))
      for (const dependency of one.dependencies) collect(dependency, false)
    }
    collect(file, true)
    return { case: 'fileDescriptorResponse', value: { fileDescriptorProto: wanted } }
  }

  function answer({ messageRequest: asked }: ServerReflectionRequest, sent: Set<string>): Answer {
    switch (asked.case) {
      case 'listServices':
        return { case: 'listServicesResponse', value: { service: own.map(({ typeName: name }) => ({ name })) } }
      case 'fileByFilename':
        return described(
          [...files.values()].find(({ proto }) => proto.name === asked.value),
          sent,
        )
      case 'fileContainingSymbol':
        return described(homes.get(asked.value), sent)
      case 'allExtensionNumbersOfType':
        return { case: 'allExtensionNumbersResponse', value: { baseTypeName: asked.value, extensionNumber: [] } }
      default:
        return missing
    }
  }

  async function* talk(requests: AsyncIterable<ServerReflectionRequest>) {
    const sent = new Set<string>()
    for await (const request of requests)
      yield { validHost: request.host, originalRequest: request, messageResponse: answer(request, sent) }
  }
  router.service(ServerReflection, { serverReflectionInfo: talk })
  // The same messages under an older name.
  router.service(ServerReflectionAlpha, { serverReflectionInfo: talk as never })
}

const missing: Answer = {
  case: 'errorResponse',
  value: { errorCode: Code.NotFound, errorMessage: 'nothing of this name is served here' },
}
