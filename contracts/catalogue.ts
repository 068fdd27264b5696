import { type EventType, serviceOf } from '@souk/events'

/** What the catalogue needs of `buf build`'s image in JSON. */
export type Image = { file: ProtoFile[] }
type ProtoFile = {
  package: string
  messageType?: { name: string; field?: { name: string }[] }[]
  sourceCodeInfo?: { location: { path?: number[]; leadingComments?: string; trailingComments?: string }[] }
}

/** Who listens: a consumer's name, and the names under which contracts/events.ts exports what it declared. */
export type Listener = { consumer: string; events: readonly string[] }

type Described = { about: string; fields: { name: string; about: string }[] }

const heading = `# Events

Everything services announce to each other. Written by \`npm run contracts\` from \`contracts/\`; do not edit.

Every event travels in an envelope (\`contracts/proto/souk/events.proto\`) with an id of its own, its type, the version of
its schema, its key, when it happened and the request that caused it. Events of one key are delivered in order; delivery
is at least once, and effects in a consumer's database happen once. The log keeps events until every consumer has passed
them and the retention time (7 days unless configured) is over; what could not be handled stays 30 days in dead letters.
`

/** The page that lists every topic with its key, its events and who listens. @param exported what contracts/events.ts exports. */
export function catalogue(
  image: Image,
  exported: Readonly<Record<string, EventType>>,
  listeners: readonly Listener[],
): string {
  const messages = describe(image)
  const events = Object.entries(exported)
  for (const { consumer, events: names } of listeners)
    for (const name of names)
      if (exported[name] === undefined)
        throw new Error(`${consumer} listens to ${name}, which contracts/events.ts has not`)
  const topics = [...new Set(events.map(([, event]) => event.topic))].sort()
  return `${heading}
${index(topics, events, listeners)}
${topics
  .map((topic) => {
    const inTopic = events.filter(([, event]) => event.topic === topic)
    const sections = inTopic.map(([name, event]) => section(event, messages, heardBy(name, listeners)))
    return `## ${topic}\n\nFrom ${serviceOf(topic)}, ${keyLine(inTopic.map(([, event]) => event))}.\n\n${sections.join('\n')}`
  })
  .join('\n')}`
}

function index(
  topics: readonly string[],
  events: readonly (readonly [string, EventType])[],
  listeners: readonly Listener[],
): string {
  const rows = topics.map((topic) => {
    const inTopic = events.filter(([, event]) => event.topic === topic)
    const heard = [...new Set(inTopic.flatMap(([name]) => heardBy(name, listeners)))].sort()
    const names = inTopic.map(([, event]) => `\`${event.type}\``).join(', ')
    return `| [${topic}](#${topic.replaceAll('.', '')}) | ${names} | ${code(heard)} |`
  })
  return `| topic | events | consumers |\n|---|---|---|\n${rows.join('\n')}\n`
}

function section(event: EventType, messages: ReadonlyMap<string, Described>, consumers: readonly string[]): string {
  const described = messages.get(event.message.typeName)
  if (described === undefined || described.about === '')
    throw new Error(`${event.message.typeName} needs a comment that says when it is emitted`)
  const fields = described.fields.map(({ name, about }) => `| \`${name}\` | ${about.replaceAll('|', '\\|')} |`)
  return `### ${event.type}

${described.about}

Message \`${event.message.typeName}\`, schema version ${event.schemaVersion}. Consumers: ${code(consumers)}.

| field | |
|---|---|
${fields.join('\n')}
`
}

const code = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(', ') || 'none yet'
const heardBy = (name: string, listeners: readonly Listener[]) =>
  listeners.filter(({ events }) => events.includes(name)).map(({ consumer }) => consumer)

function keyLine(events: readonly EventType[]): string {
  const keys = [...new Set(events.map(keyField))]
  return `key ${keys.map((key) => `\`${key}\``).join(' or ')}`
}

/** The field its key is taken from, learnt by asking for the key of a message that notes what it is asked. */
export function keyField(event: EventType): string {
  const asked: string[] = []
  event.keyOf(new Proxy({}, { get: (_, name) => asked.push(String(name)) }) as never)
  const field = event.message.fields.find(({ localName }) => localName === asked[0])
  if (field === undefined) throw new Error(`${event.type} has no field for its key`)
  return field.name
}

const messageIndex = 4 // of message_type in FileDescriptorProto
const fieldIndex = 2 // of field in DescriptorProto

function describe(image: Image): Map<string, Described> {
  const described = new Map<string, Described>()
  for (const file of image.file) {
    const comments = new Map(
      file.sourceCodeInfo?.location.map((location) => [
        (location.path ?? []).join('.'),
        tidy(location.leadingComments ?? location.trailingComments ?? ''),
      ]),
    )
    for (const [at, message] of (file.messageType ?? []).entries())
      described.set(`${file.package}.${message.name}`, {
        // Where the topic is said in the same breath; here it is the heading.
        about: (comments.get(`${messageIndex}.${at}`) ?? '').replace(/^Topic [a-z_.]+, key [a-z_]+\. /, ''),
        fields: (message.field ?? []).map(({ name }, index) => ({
          name,
          about: comments.get(`${messageIndex}.${at}.${fieldIndex}.${index}`) ?? '',
        })),
      })
  }
  return described
}

const tidy = (comment: string) => comment.trim().replaceAll(/\s*\n\s*/g, ' ')
