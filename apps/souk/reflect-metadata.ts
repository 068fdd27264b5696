// The certificate library (@peculiar/x509) keeps its parts in a container that wants the metadata functions of a proposal
// that never came. These three are all it asks for.
type Key = string | symbol

const kept = new WeakMap<object, Map<Key, Map<unknown, unknown>>>()

const own = (name: unknown, target: object, property: Key = ''): unknown => kept.get(target)?.get(property)?.get(name)

function found(name: unknown, target: object, property: Key = ''): unknown {
  for (let at: object | null = target; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const value = own(name, at, property)
    if (value !== undefined) return value
  }
  return undefined
}

function define(name: unknown, value: unknown, target: object, property: Key = ''): void {
  const ofTarget = kept.get(target) ?? new Map<Key, Map<unknown, unknown>>()
  kept.set(target, ofTarget)
  const ofProperty = ofTarget.get(property) ?? new Map<unknown, unknown>()
  ofTarget.set(property, ofProperty)
  ofProperty.set(name, value)
}

const functions = {
  getMetadata: found,
  getOwnMetadata: own,
  defineMetadata: define,
  metadata: (name: unknown, value: unknown) => (target: object, property?: Key) =>
    define(name, value, target, property),
}
for (const [name, value] of Object.entries(functions))
  if (!(name in Reflect)) Object.defineProperty(Reflect, name, { value, configurable: true, writable: true })
